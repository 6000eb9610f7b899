"""One lesson of an administrator a function, one subject a file."""
