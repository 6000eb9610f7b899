"""StatefulSets whose unchangeable fields are to change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.control.plan import Delete, Plan, Reason, Step
from common.kube.resource import STATEFUL_SET
from prom_operator import names, objects
from prom_operator.observation import Observation, ShardSeen
from prom_operator.report import available, status_of


def recreate(seen: Observation) -> Plan | None:
    """Take the StatefulSet away and leave its pods running; it is made anew at the next look, and takes them over.

    prometheus-operator deletes it in the foreground, pods and all: a gap in every time series (its #3875, #4519).
    """
    for shard in seen.shards:
        if shard.deleting:
            return _waiting(seen, f"StatefulSet {shard.name} is being deleted")
        changed = _changed(seen, shard) if shard.number < seen.shard_count else ""
        if changed:
            why = f"{changed} of StatefulSet {shard.name} changes, which needs a new one; its pods run on"
            delete = Delete(
                STATEFUL_SET.api_version, STATEFUL_SET.kind, seen.meta.namespace, shard.name, shard.uid,
                propagation="Orphan",
            )  # fmt: skip
            return _waiting(seen, why, Step(delete, why))
    return None


def _waiting(seen: Observation, why: str, *steps: Step) -> Plan:
    return Plan(
        steps=steps,
        conditions=(available(seen), *(c for c in seen.reported if c.type != "Available")),
        status=status_of(seen),
        reasons=(Reason("Recreating", why),),
        look_again=1.0,
    )


def _changed(seen: Observation, shard: ShardSeen) -> str:
    if shard.service_name != (seen.spec.service_name or names.GOVERNING_SERVICE):
        return "serviceName"
    if shard.management != (seen.spec.pod_management_policy or "Parallel"):
        return "podManagementPolicy"
    wanted = objects.claim(seen)
    present = shard.claim_templates[0] if shard.claim_templates else None
    if (wanted is None) != (present is None):
        return "volumeClaimTemplates"
    if wanted is not None and present is not None and not _covers(wanted, present):
        return "volumeClaimTemplates"
    return ""


def _covers(wanted: Any, present: Any) -> bool:
    """True when everything wanted is so; the API server adds defaults of its own."""
    if isinstance(wanted, Mapping):
        return isinstance(present, Mapping) and all(_covers(v, present.get(k)) for k, v in wanted.items())
    if isinstance(wanted, list | tuple):
        return isinstance(present, list) and len(wanted) == len(present) and all(map(_covers, wanted, present))
    return bool(wanted == present) or str(wanted) == str(present)
