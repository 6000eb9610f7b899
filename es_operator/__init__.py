"""Elasticsearch clusters: what an experienced administrator does with them, as rules."""
