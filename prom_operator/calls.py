"""What the Prometheus operator does besides applying and deleting objects."""

from __future__ import annotations

from common.control.plan import Call
from prom_operator.configuration.references import Reference
from prom_operator.told import Told


class ReadReferences(Call, frozen=True):
    """Read the keys of Secrets and ConfigMaps that a configuration refers to. Only names stand here, never values."""

    references: tuple[Reference, ...]


class RefreshPods(Call, frozen=True):
    """Make the kubelets fetch the new files at once, by a change of the pods themselves."""

    pods: tuple[tuple[str, str], ...]
    """Name and UID."""
    told: Told
    """What is written into their annotation."""
