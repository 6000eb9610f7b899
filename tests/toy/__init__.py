"""The smallest operator that the core can run: a Box becomes a ConfigMap that says how full it is."""
