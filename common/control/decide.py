"""From a key to a plan: what the loop and the `plan` command have in common."""

from __future__ import annotations

from common.control.operator import Key, Operator, World
from common.control.plan import Condition, Plan, Reason, Refused
from common.resources.kind import CustomResource
from common.resources.problem import Unacceptable


async def decide(operator: Operator, key: Key, resource: CustomResource, world: World) -> Plan:
    """Observe and analyze one cluster. A refusal anywhere becomes a plan that changes nothing and says why."""
    try:
        _refuse_undecodable(resource)
        _refuse_name_taken(key, world)
        return operator.analyze(await operator.observe(key, resource, world))
    except Refused as refused:
        return refusal(refused.reason)
    except Unacceptable as unacceptable:
        return refusal(Reason(unacceptable.problem.code, str(unacceptable)))


def refusal(reason: Reason) -> Plan:
    """The plan for a resource that only a person can mend."""
    return Plan(
        conditions=(Condition("Accepted", "False", reason.code, reason.message),), reasons=(reason,), refused=True
    )


def _refuse_undecodable(resource: CustomResource) -> None:
    if resource.problem is not None:
        raise Refused(resource.problem.code, resource.problem.message)


def _refuse_name_taken(key: Key, world: World) -> None:
    """Both would own the same StatefulSet and Services, and undo each other's work for ever."""
    rival = world.rival(key)
    if rival is not None:
        raise Refused(
            "NameTaken",
            f"{rival.kind} {rival.namespace}/{rival.name} is older and owns the objects of this name; "
            f"delete one of the two, or create this one under another name",
        )
