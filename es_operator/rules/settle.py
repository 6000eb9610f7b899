"""When there is nothing to do."""

from __future__ import annotations

from common.control.plan import Plan, Reason
from es_operator.observation import Observation
from es_operator.rules.heal import lost_copies, missing_nodes

HEALTH_LOOK = 60.0  # seconds; with its four requests a look costs a healthy cluster four a minute
RECOVERY_LOOK = 5.0  # seconds; until shards are where they shall be


def settle(seen: Observation) -> Plan:
    """Look at the health from time to time; sooner while it can get better."""
    absent = missing_nodes(seen)
    if absent is not None:
        return absent
    health = seen.cluster.health if seen.cluster else None
    if health is None:
        return Plan(look_again=RECOVERY_LOOK)
    if health.status == "red":
        message = f"{lost_copies(seen)}: bring the node or its volume back, or restore the index from a snapshot"
        return Plan(reasons=(Reason("Red", message),), look_again=RECOVERY_LOOK * 3)
    return Plan(look_again=RECOVERY_LOOK if health.busy else HEALTH_LOOK)
