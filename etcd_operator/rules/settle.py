"""Nothing is left to do."""

from __future__ import annotations

from common.control.plan import Plan
from etcd_operator.observation import Observation
from etcd_operator.rules.outcome import named, wait


def await_members(seen: Observation) -> Plan | None:
    """A member that is down with its volume is the kubelet's to bring back."""
    starting = [m.pod for m in seen.joining if not m.alive]
    if starting:
        return wait("Creating", f"{named(starting)} starts for the first time")
    down = [m.pod or m.url for m in seen.members if not m.alive]
    if not down:
        return None
    return wait("MembersDown", f"no answer from {named(down)}{seen.complaints}")


def settle(seen: Observation) -> Plan:
    """All is as wanted; look at its health from time to time."""
    return Plan(look_again=HEALTH_SECONDS)


HEALTH_SECONDS = 30.0
