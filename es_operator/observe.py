"""Look at one cluster: its objects from the caches, and Elasticsearch itself. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from common.control.operator import Key, World
from common.kube import objects as kube
from common.kube.resource import CLAIM, CONFIG_MAP, DEPLOYMENT, NODE, POD, SECRET, STATEFUL_SET, STORAGE_CLASS
from common.resources.kind import CustomResource
from es_operator.api import enterprises_v1
from es_operator.api.convert import not_acted_on, plain_text_keys
from es_operator.api.v1 import ElasticsearchClusterSpec
from es_operator.client import Client, Failed, NotAnswering, connected
from es_operator.kubernetes import CSI_DRIVER, zone_of
from es_operator.layout import GROUP_LABEL, layout_of
from es_operator.metrics import CLUSTERS
from es_operator.objects import MASTERS_KEY, UUID_KEY, VERSION_KEY
from es_operator.observation import (
    Claim,
    Cluster,
    Copy,
    Notes,
    Observation,
    Pod,
    Record,
    Surroundings,
    Workload,
)  # fmt: skip
from es_operator.versions import version_of

IN_TROUBLE = frozenset({
    "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName",
    "CreateContainerConfigError", "CreateContainerError", "RunContainerError",
})  # fmt: skip
"""Reasons of a waiting container that do not pass by themselves."""


async def observe(key: Key, resource: CustomResource, world: World) -> Observation:
    """One cluster at this moment."""
    hub: ElasticsearchClusterSpec = resource.hub
    seen = _from_caches(key, resource, hub, world)
    addresses = [p.ip for p in seen.pods if p.ready]
    if world.offline or not addresses:
        CLUSTERS.saw(key, world, None)
        return seen
    cluster = await ask(addresses, seen)
    CLUSTERS.saw(key, world, cluster.health if cluster else None)
    return msgspec.structs.replace(seen, cluster=cluster)


def _from_caches(key: Key, resource: CustomResource, hub: ElasticsearchClusterSpec, world: World) -> Observation:
    workloads = [_stateful_set(s) for s in world.owned(key, STATEFUL_SET)]
    workloads += [_deployment(d) for d in world.owned(key, DEPLOYMENT)]
    layout = layout_of(key, resource, hub)
    return Observation(
        key=key,
        resource=resource.kind.resource,
        meta=resource.metadata,
        hub=hub,
        layout=layout,
        version=version_of(hub.version),
        reported_uuid=str(resource.status.get("clusterUUID") or ""),
        record=_record(world.store(CONFIG_MAP).get(key.namespace, layout.config_map)),
        workloads=tuple(workloads),
        pods=tuple(_pod(p) for p in world.owned(key, POD)),
        claims=tuple(
            Claim(c.metadata.name, c.spec.resources.requests.get("storage", ""), c.status.phase == "Bound")
            for c in world.owned(key, CLAIM)
        ),
        around=_around(key, hub, world),
        notes=_notes(resource),
        now=world.now,
    )


async def ask(addresses: list[str], seen: Observation) -> Cluster | None:
    """What Elasticsearch answers; None when no node does. Shards are asked for only when a node is to go."""
    try:
        async with connected(addresses) as client:
            health = await client.health()
            uuid, exclusions = await client.identity()
            if health is None or not uuid:
                return Cluster(uuid="")
            cluster = Cluster(
                uuid=uuid,
                health=health,
                nodes=await client.nodes(),
                settings=await client.settings(),
                voting_exclusions=exclusions,
            )
            if seen.leaving or seen.outdated or health.status == "red":
                cluster = await _with_shards(client, cluster, seen.leaving)
            return cluster
    except (NotAnswering, Failed):
        return None


async def _with_shards(client: Client, cluster: Cluster, leaving: tuple[str, ...]) -> Cluster:
    copies = await client.copies()
    disks = await client.disks() if leaving else ()
    stuck = _not_moving(cluster, copies, leaving)
    explanation = await client.why_it_stays(stuck) if stuck is not None else ""
    return msgspec.structs.replace(cluster, copies=copies, disks=disks, explanation=explanation)


def _not_moving(cluster: Cluster, copies: Iterable[Copy], leaving: tuple[str, ...]) -> Copy | None:
    """A copy on a node that is excluded already, while nothing moves anywhere: worth asking why."""
    if cluster.health is None or cluster.health.busy:
        return None
    return next((c for c in copies if c.node in leaving and c.node in cluster.excluded and c.state == "STARTED"), None)


def _record(found: kube.Body | None) -> Record | None:
    if found is None or not isinstance(found.data, msgspec.Raw):
        return None
    data = msgspec.json.decode(found.data, type=dict[str, str])
    return Record(
        initial_masters=tuple(filter(None, data.get(MASTERS_KEY, "").split(","))),
        cluster_uuid=data.get(UUID_KEY, ""),
        version=version_of(data.get(VERSION_KEY, "")),
    )


class _Requests(msgspec.Struct):
    requests: dict[str, str] = msgspec.field(default_factory=dict)


class _ClaimSpec(msgspec.Struct, rename="camel"):
    storage_class_name: str | None = None
    resources: _Requests = msgspec.field(default_factory=_Requests)


class _ClaimTemplate(msgspec.Struct):
    spec: _ClaimSpec


class _StatefulSetSpec(msgspec.Struct, rename="camel"):
    replicas: int = 1
    volume_claim_templates: list[_ClaimTemplate] = msgspec.field(default_factory=list)


_SET_SPEC = msgspec.json.Decoder(_StatefulSetSpec)


def _stateful_set(found: kube.StatefulSet) -> Workload:
    spec = _SET_SPEC.decode(found.spec) if isinstance(found.spec, msgspec.Raw) else _StatefulSetSpec()
    current = found.status.observed_generation >= found.metadata.generation
    claim = spec.volume_claim_templates[0].spec if spec.volume_claim_templates else _ClaimSpec()
    return Workload(
        name=found.metadata.name,
        uid=found.metadata.uid,
        resource_version=found.metadata.resource_version,
        replicas=spec.replicas,
        update_revision=found.status.update_revision if current else "",
        storage_size=claim.resources.requests.get("storage", ""),
        storage_class=claim.storage_class_name,
    )


def _deployment(found: kube.Deployment) -> Workload:
    spec = _SET_SPEC.decode(found.spec) if isinstance(found.spec, msgspec.Raw) else _StatefulSetSpec()
    meta = found.metadata
    return Workload(meta.name, meta.uid, meta.resource_version, spec.replicas, kind="Deployment")


def _pod(found: kube.Pod) -> Pod:
    meta = found.metadata
    return Pod(
        name=meta.name,
        uid=meta.uid,
        group=meta.labels.get(GROUP_LABEL, ""),
        revision=found.revision,
        ready=found.ready,
        ip=found.status.pod_ip,
        leaving=meta.deletion_timestamp is not None,
        ends=_seconds(meta.deletion_timestamp or ""),
        trouble=_trouble(found),
        created=_seconds(meta.creation_timestamp),
        ready_since=_seconds(next((c.last_transition_time for c in found.status.conditions if c.type == "Ready"), "")),
    )


def _seconds(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp).timestamp() if timestamp else 0.0


def _trouble(found: kube.Pod) -> str:
    """Why a pod does not run, in one line."""
    for condition in found.status.conditions:
        if condition.type == "PodScheduled" and condition.status == "False":
            return f"{condition.reason}: {condition.message}"[:300]
    for status in (*found.status.init_container_statuses, *found.status.container_statuses):
        waiting = status.state.waiting
        if waiting is not None and waiting.reason in IN_TROUBLE:
            ended = status.last_state.terminated
            exit_code = f" (exit code {ended.exit_code})" if ended is not None and ended.exit_code else ""
            return f"{waiting.reason}{exit_code}: {waiting.message}"[:300]
    return f"the pod failed: {found.status.phase}" if found.status.phase == "Failed" else ""


def _around(key: Key, hub: ElasticsearchClusterSpec, world: World) -> Surroundings:
    if world.offline:
        return Surroundings(offline=True)
    secrets = world.store(SECRET)
    return Surroundings(
        zones=frozenset(filter(None, (zone_of(n) for n in world.store(NODE).all()))),
        csi_drivers=frozenset(d.metadata.name for d in world.store(CSI_DRIVER).all()),
        storage_classes=frozenset(c.metadata.name for c in world.store(STORAGE_CLASS).all()),
        missing_secrets=tuple(s for s in _secrets(hub) if secrets.get(key.namespace, s) is None),
    )


def _secrets(hub: ElasticsearchClusterSpec) -> tuple[str, ...]:
    """The Secrets without which no pod starts."""
    named = [*hub.image_pull_secrets]
    for node_set in hub.node_sets:
        named += _references(node_set.pod_template)
    return tuple(dict.fromkeys(named))


def _references(node: Any) -> list[str]:
    """Names of Secrets that a piece of a pod template needs."""
    if isinstance(node, list):
        return [name for item in node for name in _references(item)]
    if not isinstance(node, dict):
        return []
    names: list[str] = []
    for field, value in node.items():
        if field in ("secretKeyRef", "secretRef", "secret") and isinstance(value, dict) and not value.get("optional"):
            name = value.get("name") or value.get("secretName")
            names += [name] if isinstance(name, str) else []
        else:
            names += _references(value)
    return names


def _notes(resource: CustomResource) -> Notes:
    if resource.kind.key != enterprises_v1.KIND.key:
        return Notes()
    old: enterprises_v1.ClusterSpec = resource.spec
    parameters = {"type": old.storage.type, "encrypted": old.storage.encrypted}
    return Notes(
        not_acted_on=not_acted_on(old),
        plain_text_keys=plain_text_keys(old),
        provisioner=old.storage.storage_class_provisioner,
        class_parameters={name: value for name, value in parameters.items() if value},
        reclaim_policy=old.storage.volume_reclaim_policy,
    )
