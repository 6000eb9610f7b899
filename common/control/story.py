"""What a look at a cluster has to tell: events for steps taken and for conditions that changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from common.control.condition import changed
from common.control.events import Recorder
from common.control.plan import Apply, Call, Condition, Delete, Plan, Step
from common.control.status import conditions_of
from common.resources.kind import CustomResource

BAD_WHEN_TRUE = frozenset({"Degraded", "AtRisk", "QuorumLost", "DataLost", "FieldsNotActedOn", "Stalled"})
"""Condition types whose True is the bad news; for all others it is False."""


def name_of(step: Step) -> str:
    """The step in two words, as it stands in an event's reason: `Applied`, `Deleted`, `RemoveMember`."""
    match step.action:
        case Apply():
            return "Applied"
        case Delete():
            return "Deleted"
        case Call() as call:
            return type(call).__name__


def object_of(step: Step) -> str:
    """The object of a step as kind/name; empty for a call."""
    match step.action:
        case Apply(object=manifest):
            return f"{manifest['kind']}/{manifest['metadata']['name']}"
        case Delete(kind=kind, name=name):
            return f"{kind}/{name}"
        case _:
            return ""


def tell_steps(recorder: Recorder, resource: CustomResource, group: Sequence[Step]) -> None:
    """One event for each reason in a portion of steps, naming the objects."""
    told: dict[tuple[str, str], list[str]] = {}
    for step in group:
        if not step.quiet:
            told.setdefault((name_of(step), step.why), []).append(object_of(step))
    for (reason, why), objects in told.items():
        named = ", ".join(o for o in objects if o)
        recorder.tell(resource, "Normal", reason, reason, f"{why}: {named}" if named else why)


def tell_conditions(recorder: Recorder, resource: CustomResource, plan: Plan) -> None:
    """One event for each condition that tells something new; that a resource was accepted goes without saying."""
    known = resource.status.get("conditions") or []
    before = {c.get("type"): c.get("status") for c in known}
    for condition in changed(known, conditions_of(plan)):
        if condition.type == "Accepted" and condition.status == "True":
            continue
        bad = is_bad(condition, before.get(condition.type))
        if not known and not bad:
            continue
        level: Literal["Normal", "Warning"] = "Warning" if bad else "Normal"
        note = f"{condition.type} is {condition.status}" + (f": {condition.message}" if condition.message else "")
        recorder.tell(resource, level, condition.reason, condition.type, note)


def is_bad(condition: Condition, before: str | None) -> bool:
    """True for news that an administrator should see as a warning. What is not available yet, but coming, is not."""
    if condition.type in BAD_WHEN_TRUE:
        return condition.status == "True"
    if condition.type == "Available":
        return condition.status == "False" and before == "True"
    return condition.status == "False" and condition.type != "Progressing"
