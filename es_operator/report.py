"""What the resource's status says of the cluster, in the words of its own version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from common.control.plan import Call, Condition, Plan, Reason
from es_operator.api import enterprises_v1
from es_operator.observation import Observation
from es_operator.rules.conditions import remarks
from es_operator.versions import version_of

UNKNOWN = "unknown"


def phase_of(seen: Observation) -> str:
    """One word for what goes on."""
    if seen.hub.paused:
        return "Paused"
    if not seen.cluster_uuid:
        return "Creating"
    if seen.leaving:
        return "Draining"
    if seen.outdated:
        return "Rolling"
    if len(seen.joined) < seen.layout.size:
        return "WaitingForNodes"
    return "Running"


def health_of(seen: Observation) -> str:
    """green, yellow or red; unknown when nobody answers."""
    health = seen.cluster.health if seen.cluster else None
    return health.status if health else UNKNOWN


def status_of(seen: Observation, plan: Plan) -> dict[str, Any]:
    """The status without conditions."""
    if seen.resource == enterprises_v1.KIND.resource:
        first = plan.reasons[0].message if plan.reasons else ""
        message = first or f"{seen.ready} of {seen.layout.size} nodes are ready"
        return {"state": phase_of(seen), "message": message, **_common(seen)}
    versions = [v for v in (version_of(n.version) for n in seen.cluster.nodes) if v] if seen.cluster else []
    return {
        "phase": phase_of(seen),
        **_common(seen),
        **({"version": str(min(versions))} if versions else {}),
        "nodeSets": [
            {
                "name": group.name,
                "nodes": group.count,
                "ready": sum(p.ready for p in seen.pods if p.group == group.name),
            }
            for group in seen.layout.groups
        ],
    }


def conditions_of(seen: Observation, plan: Plan) -> Iterator[Condition]:
    """How it is, then what a person should know."""
    yield _available(seen)
    yield _progressing(seen, plan)
    yield _degraded(seen, plan)
    if seen.hub.paused:
        yield Condition("Paused", "True", "SpecPaused", "spec.paused is set: nothing is applied, healed or resized")
    yield from remarks(seen)


def _available(seen: Observation) -> Condition:
    health = health_of(seen)
    if health in ("green", "yellow"):
        return Condition("Available", "True", "Answering", "every index has a started copy of each shard")
    if health == "red":
        return Condition("Available", "False", "Red", "some shards have no started copy; other indices answer")
    return Condition("Available", "False", "NotAnswering", "no elected master answers")


def _progressing(seen: Observation, plan: Plan) -> Condition:
    called = next((s.why for s in plan.steps if isinstance(s.action, Call)), "")
    phase = phase_of(seen)
    moving = bool(called or plan.reasons) and not seen.hub.paused
    first = plan.reasons[0] if plan.reasons else Reason(phase, called)
    return Condition("Progressing", "True" if moving else "False", first.code if moving else phase, first.message)


_EXPECTED = frozenset({"Draining", "WaitingForPodToGo", "RestartUnderWay", "Forming", "WaitingForPods", "NodesStart"})
"""Reasons to wait that are part of what was asked for."""


def _degraded(seen: Observation, plan: Plan) -> Condition:
    """Something that nobody asked for."""
    first = next((r for r in plan.reasons if r.code not in _EXPECTED), None)
    if first is not None and seen.cluster_uuid:
        return Condition("Degraded", "True", first.code, first.message)
    if health_of(seen) == "yellow":
        return Condition("Degraded", "True", "Yellow", "some replicas are not allocated")
    return Condition("Degraded", "False", "AsExpected")


def _common(seen: Observation) -> dict[str, Any]:
    """What both types say."""
    return {
        "health": health_of(seen),
        "nodes": len(seen.joined),
        "ready": f"{seen.ready}/{seen.layout.size}",
        **({"clusterUUID": seen.cluster_uuid} if seen.cluster_uuid else {}),
    }
