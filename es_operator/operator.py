"""The Elasticsearch operator, wired."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from common.control.operator import Key, Operator, World, owner_key
from common.kube.informer import Watch
from common.kube.objects import Body, Claim, Deployment, Object, Pod, StatefulSet
from common.kube.resource import (
    CLAIM,
    CONFIG_MAP,
    DEPLOYMENT,
    DISRUPTION_BUDGET,
    NODE,
    POD,
    SECRET,
    SERVICE,
    STATEFUL_SET,
    STORAGE_CLASS,
    Resource,
)  # fmt: skip
from common.workload.names import MANAGED_BY
from es_operator.act import act
from es_operator.analyze import analyze
from es_operator.api import enterprises_v1, v1
from es_operator.kubernetes import CSI_DRIVER, zone_of
from es_operator.layout import OPERATOR as NAME
from es_operator.observe import observe

OURS = f"{MANAGED_BY}={NAME}"


def affected(resource: Resource, old: Any, new: Any, world: World) -> Iterable[Key]:
    """Which clusters look again at a change around them: a Secret of their namespace, zones, classes, drivers."""
    if resource == SECRET:
        if old is None or new is None:
            namespace = (new or old).metadata.namespace
            return [k for k in _all_keys(world) if k.namespace == namespace]
        return ()
    if resource == NODE:
        before, after = (zone_of(node) if node is not None else None for node in (old, new))
        return _all_keys(world) if before != after else ()
    if resource in (CSI_DRIVER, STORAGE_CLASS) and (old is None or new is None):
        return _all_keys(world)
    return ()


def _all_keys(world: World) -> list[Key]:
    return [
        Key(kind, r.metadata.namespace, r.metadata.name) for kind, store in world.custom.items() for r in store.all()
    ]


OPERATOR = Operator(
    name=NAME,
    kinds=(v1.KIND, enterprises_v1.KIND),
    watches=(
        Watch(POD, Pod, OURS, owner_key),
        Watch(STATEFUL_SET, StatefulSet, OURS, owner_key),
        Watch(DEPLOYMENT, Deployment, OURS, owner_key),
        Watch(SERVICE, Body, OURS, owner_key),
        Watch(CONFIG_MAP, Body, OURS, owner_key),
        Watch(DISRUPTION_BUDGET, Body, OURS, owner_key),
        Watch(CLAIM, Claim, OURS, owner_key),
        Watch(STORAGE_CLASS, Body),
        Watch(CSI_DRIVER, Object, only_metadata=True),
        Watch(NODE, Object, only_metadata=True),
        Watch(SECRET, Object, only_metadata=True),
    ),
    observe=observe,
    analyze=analyze,
    act=act,
    affected=affected,
)
