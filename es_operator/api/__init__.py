"""The resource types: v1 is the hub, enterprises_v1 converts to it."""
