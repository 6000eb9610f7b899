"""The `plan` command: what an operator would do with the resources in some files, and why."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import yaml

from common.control.carry_out import needed
from common.control.decide import decide
from common.control.files import world_of
from common.control.operator import Key, Operator, World
from common.control.plan import Apply, Call, Delete, Plan, Refused, Step
from common.control.status import status_of
from common.kube.apply import Applier
from common.kube.compare import stamped


async def show_plan(operator: Operator, paths: Sequence[str], form: Literal["yaml", "json"]) -> int:
    """Print the plan for all resources in the files. Returns the exit code: 1 where one of them is refused."""
    try:
        world, keys = world_of(operator, paths)
        if not keys:
            kinds = ", ".join(sorted({f"{k.resource.api_version} {k.resource.kind}" for k in operator.kinds}))
            raise Refused("NothingToPlan", f"no resource of {operator.name} in the files; it serves {kinds}")
        plans = {key: await _plan(operator, key, world) for key in keys}
    except Refused as refused:
        _complain(operator, refused.reason.code, refused.reason.message)
        return 1
    _print(_printed(operator, plans, world), form)
    for key, plan in plans.items():
        if plan.refused:
            _complain(operator, plan.reasons[0].code, f"{key.namespace}/{key.name}: {plan.reasons[0].message}")
            return 1
    return 0


def _print(printed: dict[str, Any], form: Literal["yaml", "json"]) -> None:
    if form == "json":
        json.dump(printed, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        yaml.dump(printed, sys.stdout, _Dumper, sort_keys=False, allow_unicode=True, width=120)


async def _plan(operator: Operator, key: Key, world: World) -> Plan:
    resource = world.resource(key)
    assert resource is not None  # noqa: S101 - it was put there from the file
    return await decide(operator, key, resource, world)


def _printed(operator: Operator, plans: Mapping[Key, Plan], world: World) -> dict[str, Any]:
    applier = Applier(None, operator.name, world.stores)
    steps = [_step(s) for plan in plans.values() for s in needed(plan.steps, applier)]
    statuses = {str(key): _status(operator, key, plan, world) for key, plan in plans.items()}
    reasons = [f"{r.code}: {r.message}" for plan in plans.values() for r in plan.reasons]
    status = next(iter(statuses.values())) if len(statuses) == 1 else statuses
    return {"steps": steps, "status": status, "reasons": reasons}


def _status(operator: Operator, key: Key, plan: Plan, world: World) -> dict[str, Any]:
    resource = world.resource(key)
    return status_of(operator, resource, plan, world.now) if resource is not None else {}


def _step(step: Step) -> dict[str, Any]:
    match step.action:
        case Apply(object=manifest):
            return {"action": "apply", "object": msgspec.to_builtins(stamped(manifest)), "why": step.why}
        case Delete() as delete:
            return {"action": "delete", "object": _deleted(delete), "why": step.why}
        case Call() as call:
            arguments = {"call": type(call).__name__, **msgspec.to_builtins(call)}
            return {"action": "call", "object": arguments, "why": step.why}


def _deleted(delete: Delete) -> dict[str, Any]:
    metadata = {"namespace": delete.namespace, "name": delete.name, "uid": delete.uid}
    return {
        "apiVersion": delete.api_version,
        "kind": delete.kind,
        "metadata": metadata,
        "propagationPolicy": delete.propagation,
    }


def _complain(operator: Operator, code: str, message: str) -> None:
    """One line, whatever the message holds."""
    line = " ".join(message.split())
    printable = "".join(c if c.isprintable() else "\ufffd" for c in line)
    sys.stderr.write(f"{operator.name}: {code}: {printable}\n")


class _Dumper(yaml.CSafeDumper):
    """Writes strings of several lines as blocks, and never an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)
