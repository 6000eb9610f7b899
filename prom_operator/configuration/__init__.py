"""The configuration file of a Prometheus, generated from what it selects. Pure: no client, no clock."""
