"""Hands off."""

from __future__ import annotations

from common.control.plan import Plan
from etcd_operator.observation import Observation
from etcd_operator.rules.outcome import wait


def paused(seen: Observation) -> Plan | None:
    """A person works on the cluster: change nothing, heal nothing, go on reporting."""
    return wait("Paused", "spec.paused is set; nothing is changed", 30.0) if seen.spec.paused else None
