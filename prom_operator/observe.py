"""Observe one Prometheus: what it selects, what that refers to, and what runs. Reads caches only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw

from common.control.operator import Key, World
from common.control.plan import Condition
from common.kube.objects import Pod, StatefulSet
from common.kube.resource import CONFIG_MAP, NAMESPACE, POD, POD_MONITOR, SECRET, SERVICE, SERVICE_MONITOR, STATEFUL_SET
from common.resources.kind import CustomResource
from prom_operator import names, told
from prom_operator.alerting_rules.rule_file import RuleSet
from prom_operator.api.rules import PROMETHEUS_RULE
from prom_operator.api.shared import LabelSelector
from prom_operator.api.v1 import PrometheusSpec
from prom_operator.configuration.fragment import Monitor
from prom_operator.configuration.left_out import LeftOut
from prom_operator.configuration.references import NOT_READ, Reference, Value, references_in
from prom_operator.observation import Observation, OwnedSeen, PodSeen, ServiceSeen, ShardSeen
from prom_operator.reads import Reads
from prom_operator.seen import REFERRED_CONFIG_MAP, REFERRED_SECRET, Dependent
from prom_operator.selector import Labels, matches, namespaces


async def observe(key: Key, resource: CustomResource, world: World, reads: Reads) -> Observation:
    """Look at one Prometheus."""
    spec: PrometheusSpec = resource.hub.spec
    known = _namespaces(spec, world)
    unreadable: list[tuple[str, LeftOut]] = []
    monitors = _monitors(key, spec, world, known, unreadable)
    rule_sets = _rule_sets(key, spec, world, known, unreadable)
    references = _references(key, spec, monitors)
    reads.refers(key, references)
    if len(reads) > len(world.custom[key.kind]):
        reads.only(Key(key.kind, c.metadata.namespace, c.metadata.name) for c in world.custom[key.kind].all())
    values, unread = _values(references, world, reads)
    return Observation(
        key=key,
        meta=resource.metadata,
        spec=spec,
        now=world.now,
        created=_seconds(resource.metadata.creation_timestamp),
        namespace_ends=_ends(key.namespace, world),
        monitors=monitors,
        rule_sets=rule_sets,
        unreadable=tuple(unreadable),
        values=values,
        unread=unread,
        shards=tuple(_shards(key, world)),
        pods=tuple(_pods(key, world)),
        owned=tuple(_owned(key, world)),
        service=_service(key, world),
        reported=tuple(_reported(resource)),
    )


def _seconds(timestamp: str) -> float:
    try:
        return datetime.fromisoformat(timestamp).timestamp()
    except ValueError:
        return 0.0  # an object from a file


def _ends(namespace: str, world: World) -> bool:
    place = world.store(NAMESPACE).get("", namespace)
    return place is not None and place.metadata.deletion_timestamp is not None


def _reported(resource: CustomResource) -> Iterator[Condition]:
    """The conditions of the status; Accepted is the core's."""
    for one in resource.status.get("conditions") or ():
        status = one.get("status")
        if status in ("True", "False", "Unknown") and one.get("type") not in (None, "Accepted"):
            yield Condition(one["type"], status, one.get("reason", ""), one.get("message", ""))


def _namespaces(spec: PrometheusSpec, world: World) -> Mapping[str, Labels]:
    """All namespaces with their labels, where a selector asks for them."""
    selectors = (
        spec.service_monitor_namespace_selector,
        spec.pod_monitor_namespace_selector,
        spec.rule_namespace_selector,
    )
    if all(s is None for s in selectors):
        return {}
    known = {n.metadata.name: n.metadata.labels for n in world.store(NAMESPACE).all()}
    if world.offline:
        for resource in (SERVICE_MONITOR, POD_MONITOR, PROMETHEUS_RULE):
            for one in world.store(resource).all():
                name = one.metadata.namespace
                known.setdefault(name, {"kubernetes.io/metadata.name": name})
    return known


def _selected(
    resource: Any, selector: LabelSelector | None, within: Iterable[str], world: World
) -> Iterator[Dependent]:
    """What a selector takes, by namespace and name."""
    if selector is None:
        return
    store = world.store(resource)
    for namespace in sorted(within):
        for one in store.of(namespace):
            if one.metadata.deletion_timestamp is None and matches(selector, one.metadata.labels):
                yield one


def _monitors(
    key: Key, spec: PrometheusSpec, world: World, known: Mapping[str, Labels], unreadable: list[tuple[str, LeftOut]]
) -> tuple[Monitor, ...]:
    found: list[Monitor] = []
    for resource, selector, namespace_selector in (
        (SERVICE_MONITOR, spec.service_monitor_selector, spec.service_monitor_namespace_selector),
        (POD_MONITOR, spec.pod_monitor_selector, spec.pod_monitor_namespace_selector),
    ):
        within = namespaces(namespace_selector, key.namespace, known)
        for one in _selected(resource, selector, within, world):
            monitor: Monitor | LeftOut = one.monitor  # type: ignore[attr-defined]
            if isinstance(monitor, LeftOut):
                unreadable.append((f"{resource.kind} {one.metadata.namespace}/{one.metadata.name}", monitor))
            else:
                found.append(monitor)
    return tuple(found)


def _rule_sets(
    key: Key, spec: PrometheusSpec, world: World, known: Mapping[str, Labels], unreadable: list[tuple[str, LeftOut]]
) -> tuple[RuleSet, ...]:
    found: list[RuleSet] = []
    within = namespaces(spec.rule_namespace_selector, key.namespace, known)
    for one in _selected(PROMETHEUS_RULE, spec.rule_selector, within, world):
        rules: RuleSet | LeftOut = one.rules  # type: ignore[attr-defined]
        if isinstance(rules, LeftOut):
            unreadable.append((f"PrometheusRule {one.metadata.namespace}/{one.metadata.name}", rules))
        else:
            found.append(rules)
    return tuple(found)


def _references(key: Key, spec: PrometheusSpec, monitors: Iterable[Monitor]) -> frozenset[Reference]:
    own = (
        spec.scrape_classes, spec.api_server_config, spec.alerting, spec.remote_write, spec.remote_read,
        spec.additional_scrape_configs, spec.additional_alert_relabel_configs, spec.additional_alert_manager_configs,
    )  # fmt: skip
    found = set(references_in(own, key.namespace))
    for monitor in monitors:
        found.update(monitor.references)
    return frozenset(found)


def _values(
    references: frozenset[Reference], world: World, reads: Reads
) -> tuple[dict[Reference, Value], tuple[Reference, ...]]:
    if world.offline:
        return dict.fromkeys(references, NOT_READ), ()
    values: dict[Reference, Value] = {}
    unread: list[Reference] = []
    for reference in sorted(references):
        store = world.store(REFERRED_SECRET if reference.source == "Secret" else REFERRED_CONFIG_MAP)
        seen = store.get(reference.namespace, reference.name)
        if seen is None:
            values[reference] = None
            continue
        held = reads.value(reference, seen)
        if held is None:
            unread.append(reference)
        else:
            values[reference] = held.value
    return values, tuple(unread)


def _shards(key: Key, world: World) -> Iterator[ShardSeen]:
    own: list[StatefulSet] = world.owned(key, STATEFUL_SET)
    for one in own:
        number = one.metadata.labels.get(names.SHARD, "0")
        if not number.isdecimal():
            continue
        spec = msgspec.json.decode(one.spec) if isinstance(one.spec, Raw) else {}
        status = one.status
        yield ShardSeen(
            number=int(number),
            name=one.metadata.name,
            uid=one.metadata.uid,
            deleting=one.metadata.deletion_timestamp is not None,
            wanted=spec.get("replicas", 1),
            replicas=status.replicas,
            updated=status.updated_replicas,
            available=status.available_replicas,
            settled=status.observed_generation >= one.metadata.generation,
            claim_templates=tuple(spec.get("volumeClaimTemplates") or ()),
            service_name=spec.get("serviceName", ""),
            management=spec.get("podManagementPolicy", ""),
            version=one.metadata.annotations.get(names.VERSION, ""),
        )


def _pods(key: Key, world: World) -> Iterator[PodSeen]:
    pods: list[Pod] = world.owned(key, POD)
    for pod in pods:
        meta = pod.metadata
        if pod.status.phase == "Running" and meta.deletion_timestamp is None:
            yield PodSeen(name=meta.name, uid=meta.uid, told=told.parse(meta.annotations.get(names.CONFIGURATION, "")))


def _owned(key: Key, world: World) -> Iterator[OwnedSeen]:
    for resource in (CONFIG_MAP, SECRET):
        for one in world.owned(key, resource):
            yield OwnedSeen(resource.api_version, resource.kind, one.metadata.name, one.metadata.uid)


def _service(key: Key, world: World) -> ServiceSeen:
    """The Service that all Prometheuses of a namespace share."""
    sharing = [
        (one.metadata.name, one.metadata.uid)
        for one in world.custom[key.kind].all()
        if one.metadata.namespace == key.namespace and one.metadata.deletion_timestamp is None
    ]
    live = world.store(SERVICE).get(key.namespace, names.GOVERNING_SERVICE)
    owners = live.metadata.owner_references if live is not None else ()
    return ServiceSeen(tuple(sorted(sharing)), tuple((o.name, o.uid) for o in owners))
