"""Which Prometheuses look again when something changes that they select, refer to, or share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from common.control.operator import Key, World
from common.kube.objects import Object
from common.kube.resource import NAMESPACE, POD_MONITOR, SERVICE, SERVICE_MONITOR, Resource
from prom_operator import names
from prom_operator.api.rules import PROMETHEUS_RULE
from prom_operator.api.shared import LabelSelector
from prom_operator.api.v1 import KIND, PrometheusSpec
from prom_operator.configuration.references import Source
from prom_operator.reads import Reads
from prom_operator.seen import REFERRED_CONFIG_MAP, REFERRED_SECRET, Dependent
from prom_operator.selector import matches

_SELECTED = frozenset({SERVICE_MONITOR, POD_MONITOR, PROMETHEUS_RULE})


def affected(resource: Resource, old: Any, new: Any, world: World, reads: Reads) -> Iterable[Key]:
    """Their keys. A change of no consequence affects none (prometheus-operator #7873: any ConfigMap woke it up)."""
    if resource in _SELECTED:
        return _selecting(resource, old, new, world)
    if resource == NAMESPACE:
        return _looking_into(old, new, world)
    if resource == SERVICE:
        return _sharing(old, new, world)
    if resource in (REFERRED_SECRET, REFERRED_CONFIG_MAP):
        meta = (new or old).metadata
        source: Source = "Secret" if resource == REFERRED_SECRET else "ConfigMap"
        return reads.referring(source, meta.namespace, meta.name)
    return ()


def _prometheuses(world: World) -> Iterator[tuple[Key, PrometheusSpec]]:
    for one in world.custom[KIND.key].all():
        if isinstance(one.spec, PrometheusSpec):
            yield Key(KIND.key, one.metadata.namespace, one.metadata.name), one.spec


def selectors(resource: Resource, spec: PrometheusSpec) -> tuple[LabelSelector | None, LabelSelector | None]:
    """What a Prometheus takes of a type, and from which namespaces."""
    if resource == SERVICE_MONITOR:
        return spec.service_monitor_selector, spec.service_monitor_namespace_selector
    if resource == POD_MONITOR:
        return spec.pod_monitor_selector, spec.pod_monitor_namespace_selector
    return spec.rule_selector, spec.rule_namespace_selector


def _selecting(resource: Resource, old: Dependent | None, new: Dependent | None, world: World) -> list[Key]:
    """Those that took it before or take it now."""
    if old is not None and new is not None and new.same_as(old):
        return []
    states = [state for state in (old, new) if state is not None]
    namespace = states[0].metadata.namespace
    place: Object | None = world.store(NAMESPACE).get("", namespace)
    place_labels = place.metadata.labels if place is not None else {}
    keys = []
    for key, spec in _prometheuses(world):
        selector, namespaces = selectors(resource, spec)
        if selector is None:
            continue
        inside = key.namespace == namespace if namespaces is None else matches(namespaces, place_labels)
        if inside and any(matches(selector, state.metadata.labels) for state in states):
            keys.append(key)
    return keys


def _looking_into(old: Object | None, new: Object | None, world: World) -> list[Key]:
    """Those that select namespaces by labels, when labels change or a namespace comes or goes."""
    if old is not None and new is not None and old.metadata.labels == new.metadata.labels:
        return []
    return [
        key
        for key, spec in _prometheuses(world)
        if any(selectors(resource, spec)[1] is not None for resource in _SELECTED)
    ]


def _sharing(old: Object | None, new: Object | None, world: World) -> list[Key]:
    """The Service of a namespace: all its Prometheuses when it is gone, one of them when it was changed."""
    meta = (new or old).metadata  # type: ignore[union-attr]
    if meta.name != names.GOVERNING_SERVICE:
        return []
    keys = sorted(key for key, _ in _prometheuses(world) if key.namespace == meta.namespace)
    return keys if new is None else keys[:1]
