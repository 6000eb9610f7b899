"""A package with templates."""
