"""Container images without Docker and without a registry, laid out as upstream's are and under upstream's names."""
