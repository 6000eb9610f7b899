"""The cluster's own kubectl, as the administrator."""

from __future__ import annotations

from .settings import Instance


def words(instance: Instance, *arguments: str) -> list[str]:
    """The command; its cache goes with the cluster."""
    options = [f"--kubeconfig={instance.kubeconfig}", f"--cache-dir={instance.folder / 'kubectl-cache'}"]
    return [str(instance.kubectl), *options, *arguments]
