"""The wiring: what the core needs to know to run this operator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from common.control.operator import Key, Operator, World, owner_key
from common.control.plan import Refused
from common.kube.informer import Watch
from common.kube.objects import Body, Claim, Object, Pod, StatefulSet
from common.kube.resource import (
    CLAIM,
    CONFIG_MAP,
    CRD,
    DISRUPTION_BUDGET,
    POD,
    SECRET,
    SERVICE,
    STATEFUL_SET,
    Resource,
)  # fmt: skip
from common.resources.kind import CustomResource
from common.workload.names import MANAGED_BY
from etcd_operator.act import act
from etcd_operator.analyze import analyze
from etcd_operator.api import v1, v1beta1, v1beta2
from etcd_operator.api.hub import hub_of
from etcd_operator.objects import OPERATOR as NAME
from etcd_operator.observe import POD_MONITORS, observe
from etcd_operator.references import secrets_of

OURS = f"{MANAGED_BY}={NAME}"
_SHAPES = {v1beta1.KIND.key: v1beta1.shape_status, v1beta2.KIND.key: v1beta2.shape_status}


def affected(resource: Resource, old: Any, new: Any, world: World) -> Iterable[Key]:
    """Clusters that look again when something changes that belongs to none of them."""
    name = (new or old).metadata.name
    if resource == CRD:
        return _keys(world) if name == POD_MONITORS and (old is None or new is None) else ()
    if resource == SECRET and (old is None or new is None):
        namespace = (new or old).metadata.namespace
        return [key for key in _keys(world) if key.namespace == namespace and name in _secrets(world, key)]
    return ()


def shape_status(resource: CustomResource, status: dict[str, Any]) -> dict[str, Any]:
    """The status in the words of the resource's version."""
    shape = _SHAPES.get(resource.kind.key)
    return status if shape is None else shape(status)


def _keys(world: World) -> Iterator[Key]:
    for kind, store in world.custom.items():
        for resource in store.all():
            yield Key(kind, resource.metadata.namespace, resource.metadata.name)


def _secrets(world: World, key: Key) -> list[str]:
    resource = world.resource(key)
    if resource is None or resource.spec is None:
        return []
    try:
        return secrets_of(hub_of(resource).spec.pod_template)
    except Refused:
        return []


OPERATOR = Operator(
    name=NAME,
    kinds=(v1.KIND, v1beta2.KIND, v1beta1.KIND),
    watches=(
        Watch(STATEFUL_SET, StatefulSet, OURS, owner_key),
        Watch(POD, Pod, OURS, owner_key),
        Watch(CLAIM, Claim, OURS, owner_key),
        Watch(CONFIG_MAP, Body, OURS, owner_key),
        Watch(SERVICE, Body, OURS, owner_key),
        Watch(DISRUPTION_BUDGET, Body, OURS, owner_key),
        Watch(SECRET, Object, only_metadata=True),
        Watch(CRD, Object, only_metadata=True),
    ),
    observe=observe,
    analyze=analyze,
    act=act,
    affected=affected,
    shape_status=shape_status,
)
