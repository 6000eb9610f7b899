"""A real one-node Kubernetes from registry packages alone: no Docker, no container registry, no virtual machine.

Standard library only, because it has to run before the project's virtual environment exists.
"""
