"""What the Prometheus operator does besides applying and deleting objects."""

from __future__ import annotations

from common.control.plan import Call
from prom_operator.configuration.references import Reference


class ReadReferences(Call, frozen=True):
    """Read the keys of Secrets and ConfigMaps that a configuration refers to. Only names stand here, never values."""

    references: tuple[Reference, ...]


class RefreshPods(Call, frozen=True):
    """Make the kubelets fetch the new configuration at once.

    A kubelet refreshes the Secrets that it mounted every 60 to 90 seconds (prometheus-operator #3217, #6310); a change
    of the pod itself makes it do so within a second.
    """

    pods: tuple[tuple[str, str], ...]
    """Name and UID."""
    digest: str
