"""PodDisruptionBudget: how many pods a drain of nodes may take at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def disruption_budget(metadata: Mapping[str, Any], selector: Mapping[str, str], max_unavailable: int) -> dict[str, Any]:
    """At most `max_unavailable` pods of the selected ones may be evicted; 0 holds every drain up.

    Pods that are not ready may always be evicted: they serve nobody, and a node must be drainable while one crashes.
    """
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": dict(metadata),
        "spec": {
            "maxUnavailable": max_unavailable,
            "selector": {"matchLabels": dict(selector)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
