"""Hands off."""

from __future__ import annotations

from common.control.plan import Condition, Plan, Reason
from prom_operator.observation import Observation
from prom_operator.report import available, remarks, status_of


def ending(seen: Observation) -> Plan | None:
    """Its namespace goes, and takes everything along: what is missing was just deleted, and cannot be made again."""
    if not seen.namespace_ends:
        return None
    return Plan(conditions=seen.reported, status=status_of(seen))


def paused(seen: Observation) -> Plan | None:
    """A person works on it: change nothing, go on reporting."""
    if not seen.spec.paused:
        return None
    message = "spec.paused is set; nothing is changed"
    return Plan(
        conditions=(available(seen), Condition("Reconciled", "Unknown", "Paused", message), *remarks(seen)),
        status=status_of(seen),
        reasons=(Reason("Paused", message),),
    )
