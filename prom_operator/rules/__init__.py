"""What an administrator of Prometheus knows, a subject a file. Pure."""
