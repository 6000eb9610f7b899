"""Box: one resource, one ConfigMap, one call. What the core does can be seen on it without an application."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from common.control.operator import Key, Operator, World, owner_key
from common.control.plan import Apply, Call, Condition, Plan, Reason, Refused, Step
from common.kube.client import Client
from common.kube.informer import Watch
from common.kube.objects import Body
from common.kube.resource import CONFIG_MAP, Resource
from common.resources.kind import AGE, Column, CustomResource, Kind
from common.workload import names
from common.workload.owner import owner_reference

MANAGED = "app.kubernetes.io/managed-by"
NAME = "box-operator"


class BoxSpec(msgspec.Struct, rename="camel", kw_only=True):
    """What should be in the box."""

    size: Annotated[int, msgspec.Meta(ge=1, le=9, description="Things in the box.")] = 1
    label: Annotated[str, msgspec.Meta(max_length=300, description="What is written on it.")] = ""
    ring: Annotated[bool, msgspec.Meta(description="Ring a bell at each look.")] = False


class BoxStatus(msgspec.Struct, rename="camel", kw_only=True):
    """What is in the box."""

    size: int = 0
    observed_generation: int = 0
    conditions: list[dict[str, Any]] = []


def _kind(kind: str, group: str) -> Kind:
    return Kind(
        resource=Resource(group, "v1", kind, kind.lower() + "es"),
        spec=BoxSpec,
        status=BoxStatus,
        singular=kind.lower(),
        columns=(Column("Size", ".status.size", "integer"), AGE),
        doc="A box.",
    )


BOX = _kind("Box", "toy.triad.dev")
OLD_BOX = _kind("Box", "old.toy.triad.dev")


class Ring(Call, frozen=True):
    """Ring the bell."""

    times: int


rung: list[int] = []


class Seen(msgspec.Struct, frozen=True):
    """A box as it is."""

    resource: CustomResource
    contents: tuple[Body, ...]


async def observe(key: Key, resource: CustomResource, world: World) -> Seen:
    return Seen(resource, tuple(world.owned(key, CONFIG_MAP)))


def analyze(seen: Seen) -> Plan:
    spec, meta, kind = seen.resource.spec, seen.resource.metadata, seen.resource.kind
    if spec.label == "fragile":
        raise Refused("Fragile", "a fragile box is not filled; write something else on it")
    steps = [Step(Apply(_contents(seen)), "the box is to hold what its spec says")]
    if spec.ring:
        steps.append(Step(Ring(spec.size), "the bell is to ring"))
    full = Condition("Available", "True" if seen.contents else "False", "Full" if seen.contents else "Empty")
    reasons = () if seen.contents else (Reason("Empty", f"{kind.resource.kind} {meta.name} is being filled"),)
    return Plan(tuple(steps), (full,), {"size": spec.size if seen.contents else 0}, reasons)


def _contents(seen: Seen) -> dict[str, Any]:
    meta, kind = seen.resource.metadata, seen.resource.kind
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": f"{meta.name}-contents",
            "namespace": meta.namespace,
            "labels": {MANAGED: NAME, names.KIND: kind.key, names.INSTANCE: meta.name},
            "ownerReferences": [owner_reference(kind.resource, meta)],
        },
        "data": {"size": str(seen.resource.spec.size), "label": seen.resource.spec.label},
    }


async def act(call: Call, key: Key, world: World, client: Client) -> None:
    if isinstance(call, Ring):
        rung.append(call.times)


OPERATOR = Operator(
    name=NAME,
    kinds=(BOX, OLD_BOX),
    watches=(Watch(CONFIG_MAP, Body, f"{MANAGED}={NAME}", owner_key),),
    observe=observe,
    analyze=analyze,
    act=act,
)
