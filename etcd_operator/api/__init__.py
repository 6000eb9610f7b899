"""The resource types: v1 is the hub, the two older groups are converted to it."""
