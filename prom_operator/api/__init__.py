"""The resource types of monitoring.coreos.com."""
