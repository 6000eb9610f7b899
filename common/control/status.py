"""The status to write for a plan, and the smallest patch that makes it so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.control.condition import merged
from common.control.operator import Operator
from common.control.plan import Condition, Plan
from common.resources.kind import CustomResource

ACCEPTED = Condition("Accepted", "True", "Valid")


def status_of(operator: Operator, resource: CustomResource, plan: Plan, now: float) -> dict[str, Any]:
    """The whole status of a resource after a look, in the resource's own version.

    A refused plan leaves what was reported of the running cluster as it stands, and only says that it was refused.
    """
    before: list[dict[str, Any]] = resource.status.get("conditions") or []
    generation = resource.metadata.generation
    conditions = merged(before, conditions_of(plan), now, generation)
    if plan.refused:
        told = {c["type"] for c in conditions}
        conditions += [c for c in before if c.get("type") not in told]
    kept = resource.status if plan.refused else {}
    status = {**kept, **plan.status, "conditions": conditions, "observedGeneration": generation}
    return operator.shape_status(resource, status)


def conditions_of(plan: Plan) -> tuple[Condition, ...]:
    """The conditions of a plan; every resource that was not refused is accepted."""
    return plan.conditions if plan.refused else (*plan.conditions, ACCEPTED)


def merge_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON merge patch (RFC 7396) that turns one object into the other; empty when they are equal."""
    patch: dict[str, Any] = {}
    for name, value in after.items():
        old = before.get(name)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            inner = merge_patch(old, value)
            if inner:
                patch[name] = inner
        elif value is not None and (name not in before or old != value):
            patch[name] = value
    patch.update({name: None for name in before if after.get(name) is None})
    return patch
