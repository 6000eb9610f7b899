"""Conditions and status: how the cluster is, and what it waits for."""

from __future__ import annotations

from typing import Any

from common.control.plan import Condition, Plan
from etcd_operator.flags import CLIENT_PORT
from etcd_operator.objects import pod_selector
from etcd_operator.observation import Member, Observation, Volume
from etcd_operator.rules.refuse import requested
from etcd_operator.versions import parse

NEWEST_KNOWN = (3, 7)
_FAILED = frozenset({"QuorumLost", "DataLost"})
_AT_REST = frozenset({"Paused", "MembersDown", "UpgradeRefused", *_FAILED})
"""Reasons for which nothing is under way."""


def conditions(seen: Observation, plan: Plan) -> tuple[Condition, ...]:
    """What is said of every cluster, and what only of those that it concerns."""
    return (_available(seen, plan), _progressing(plan), _degraded(seen, plan), *_warnings(seen, plan))


def _available(seen: Observation, plan: Plan) -> Condition:
    if seen.leader is not None:
        return Condition("Available", "True", "QuorumAnswers", "a quorum answers")
    reason = plan.reasons[0].code if plan.reasons else "NoLeader"
    return Condition("Available", "False", reason, plan.reasons[0].message if plan.reasons else "no leader answers")


def _progressing(plan: Plan) -> Condition:
    busy = next((r for r in plan.reasons if r.code not in _AT_REST), None)
    if busy is not None:
        return Condition("Progressing", "True", busy.code, busy.message)
    if plan.reasons:
        return Condition("Progressing", "False", plan.reasons[0].code, plan.reasons[0].message)
    return Condition("Progressing", "False", "Settled", "all is as wanted")


def _degraded(seen: Observation, plan: Plan) -> Condition:
    """Something is wrong that does not (yet) stop service."""
    for reason in plan.reasons:
        if reason.code in {"UpgradeRefused", "QuorumAtRisk", "RestartWouldLoseData", *_FAILED}:
            return Condition("Degraded", "True", reason.code, reason.message)
    if seen.alarms:
        return Condition(
            "Degraded", "True", "Alarm", f"etcd raised the alarm {', '.join(seen.alarms)}; it takes no writes"
        )
    if seen.foreign:
        return Condition(
            "Degraded", "True", "ForeignData", f"{', '.join(seen.foreign)} holds the data of another cluster"
        )
    silent = [m.pod or m.url for m in seen.members if _is_down(m)]
    if silent:
        return Condition("Degraded", "True", "MembersDown", f"no answer from {', '.join(silent)}")
    return Condition("Degraded", "False", "Healthy", "no member is down" if seen.known else "")


def _is_down(member: Member) -> bool:
    """It answered once, or should have long since. One that starts for the first time is no news for the night."""
    first_start = member.volume is Volume.UNKNOWN and not member.silent_long
    return not member.alive and member.started and not first_start


def _warnings(seen: Observation, plan: Plan) -> list[Condition]:
    found = [Condition(r.code, "True", r.code, r.message) for r in plan.reasons if r.code in _FAILED]
    risks = _risks(seen)
    if risks:
        found.append(Condition("AtRisk", "True", risks[0][0], "; ".join(message for _, message in risks)))
    ignored = (*seen.not_acted_on, *_fixed_fields(seen))
    if ignored:
        found.append(
            Condition("FieldsNotActedOn", "True", "NotSupportedYet", f"nothing is done about {', '.join(ignored)}")
        )
    return found


def _risks(seen: Observation) -> list[tuple[str, str]]:
    risks = []
    if seen.ephemeral:
        risks.append(
            ("EphemeralStorage", "the data is in emptyDirs: a member loses its data with its pod, and all data is lost "
             "when a majority of the pods goes at once; ask for volumes to keep it")
        )  # fmt: skip
    if seen.spec.size % 2 == 0:
        risks.append(("EvenSize", f"{seen.spec.size} members tolerate no more failures than {seen.spec.size - 1}"))
    version = parse(seen.spec.version)
    if version is not None and version.line > NEWEST_KNOWN:
        risks.append(("UnknownVersion", f"{version} is newer than any version this operator was tested with"))
    return risks


def _fixed_fields(seen: Observation) -> list[str]:
    """Fields that were changed after the volumes were made, and take no effect any more."""
    made = seen.stateful_set
    if made is None:
        return []
    wished = seen.spec.storage
    if wished.ephemeral != (made.claim_spec is None):
        return ["spec.storage (it cannot change between emptyDirs and volumes)"]
    if made.claim_spec is None:
        return []
    changed = []
    wanted = requested(seen)
    if wanted is not None and any(c.requested < wanted for c in seen.claims):
        changed.append("spec.storage.size (volumes do not grow yet)")
    if wished.storage_class_name not in (None, made.claim_spec.get("storageClassName")):
        changed.append("spec.storage.storageClassName (the volumes were made with another class)")
    return changed


def status(seen: Observation, plan: Plan) -> dict[str, Any]:
    """The status in v1's words."""
    slowest = min(seen.versions(), default=None)
    wanted = parse(seen.spec.version)
    return {
        "phase": _phase(seen, plan),
        "size": len(seen.voters),
        "readyMembers": sum(m.alive for m in seen.members),
        "members": [_member(m) for m in sorted(seen.members, key=lambda m: (m.ordinal, m.id))],
        "currentVersion": "" if slowest is None else str(slowest),
        "targetVersion": "" if wanted is None or slowest in (None, wanted) else str(wanted),
        "clusterId": f"{seen.cluster_id:x}" if seen.cluster_id else "",
        "serviceName": f"{seen.key.name}-client",
        "clientPort": CLIENT_PORT,
        "selector": ",".join(f"{k}={v}" for k, v in pod_selector(seen).items()),
    }


def _phase(seen: Observation, plan: Plan) -> str:
    codes = {r.code for r in plan.reasons}
    if seen.spec.paused:
        return "Paused"
    if codes & _FAILED:
        return "Failed"
    if not seen.bootstrapped:
        return "Creating" if seen.pods else "Pending"
    return "Running"


def _member(member: Member) -> dict[str, Any]:
    role = "Unreachable"
    if member.alive:
        role = "Leader" if member.leader else "Learner" if member.learner else "Follower"
    version = "" if member.version is None else str(member.version)
    return {"name": member.pod or member.url, "id": f"{member.id:x}", "role": role, "version": version}
