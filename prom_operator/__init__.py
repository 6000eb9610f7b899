"""The Prometheus operator: monitoring.coreos.com/v1 resources become running, self-reloading Prometheus servers."""
