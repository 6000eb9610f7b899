"""Talking to the Kubernetes API: client, informers, server-side apply, lease."""
