"""From caches and members to an Observation. Reads only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct, UnsetType

from common.control.operator import Key, World
from common.kube.client import Client
from common.kube.objects import Body, Claim, Pod, StatefulSet
from common.kube.resource import CLAIM, CONFIG_MAP, CRD, POD, POD_MONITOR, SECRET, STATEFUL_SET
from common.resources.kind import CustomResource
from common.workload.names import selector
from common.workload.quantity import to_bytes
from etcd_operator import record as records
from etcd_operator.api.hub import hub_of
from etcd_operator.consult import Consultation, consult
from etcd_operator.membership import volume_of
from etcd_operator.objects import APPLICATION, IMAGE_NOTE, VERSION_NOTE
from etcd_operator.objects import CLAIM as CLAIM_NAME
from etcd_operator.observation import ClaimSeen, Member, Observation, PodSeen, SetSeen
from etcd_operator.references import secrets_of
from etcd_operator.versions import parse

MOST_MEMBERS = 16
"""Numbers of claims that are looked for: more than any size that was ever allowed, and the one that joins."""
POD_MONITORS = f"{POD_MONITOR.plural}.{POD_MONITOR.group}"
_STARTING = frozenset({"ContainerCreating", "PodInitializing"})


class Objects(Struct):
    """The objects of one cluster as the API server has them."""

    stateful_set: StatefulSet | None = None
    members: Body | None = None
    pods: Sequence[Pod] = ()
    claims: Sequence[Claim] = ()


async def observe(key: Key, resource: CustomResource, world: World) -> Observation:
    """See the cluster through the caches, and ask its members how they are."""
    namespace, name = key.namespace, key.name
    claims = (world.store(CLAIM).get(namespace, f"{CLAIM_NAME}-{name}-{i}") for i in range(MOST_MEMBERS))
    there = Objects(
        world.store(STATEFUL_SET).get(namespace, name),
        world.store(CONFIG_MAP).get(namespace, f"{name}-members"),
        world.owned(key, POD),
        [c for c in claims if c is not None],
    )
    return await _seen(key, resource, world, there)


async def observe_live(key: Key, resource: CustomResource, world: World, client: Client) -> Observation:
    """The same, past the caches: what a disruptive step rests on is read anew right before it."""
    namespace, name = key.namespace, key.name
    owned = ",".join(f"{k}={v}" for k, v in selector(APPLICATION, key.kind, name).items())
    pods, _ = await client.list_(POD, namespace, Pod, label_selector=owned)
    claims, _ = await client.list_(CLAIM, namespace, Claim)
    names = {f"{CLAIM_NAME}-{name}-{i}" for i in range(MOST_MEMBERS)}
    there = Objects(
        await client.get_as(STATEFUL_SET, namespace, name, StatefulSet),
        await client.get_as(CONFIG_MAP, namespace, f"{name}-members", Body),
        pods,
        [c for c in claims if c.metadata.name in names],
    )
    return await _seen(key, resource, world, there)


async def _seen(key: Key, resource: CustomResource, world: World, there: Objects) -> Observation:
    hub = hub_of(resource)
    made = _set_seen(there.stateful_set)
    record = records.read(_data(there.members)) if there.members is not None else None
    pods = tuple(_pod_seen(p, there.stateful_set) for p in there.pods if _ordinal(key.name, p.metadata.name) >= 0)
    claims = tuple(_claim_seen(key.name, c) for c in there.claims)
    running = {p.metadata.name: p.status.pod_ip for p in there.pods if p.status.pod_ip and p.status.phase == "Running"}
    said = Consultation()
    if running and not world.offline:
        said = await consult(running, record.cluster_id if record else 0)
    seen = Observation(
        key=key,
        resource=resource.kind.resource,
        meta=resource.metadata,
        spec=hub.spec,
        not_acted_on=hub.not_acted_on,
        now=world.now,
        stateful_set=made,
        record=record,
        pods=pods,
        claims=claims,
        cluster_id=said.cluster_id,
        foreign=said.foreign,
        alarms=said.alarms,
        missing_secrets=() if world.offline else _missing_secrets(key, hub.spec.pod_template, world),
        monitored=world.store(CRD).get("", POD_MONITORS) is not None,
    )
    ages = {p.metadata.name: world.now - _seconds(p.metadata.creation_timestamp) for p in there.pods}
    return msgspec.structs.replace(seen, members=_members(seen, said, ages))


def _members(seen: Observation, said: Consultation, ages: dict[str, float]) -> tuple[Member, ...]:
    members = []
    for listed in said.listed:
        url = listed.peer_urls[0] if listed.peer_urls else ""
        host = re.sub(r"^https?://", "", url).partition(".")[0]
        ordinal = _ordinal(seen.key.name, host)
        pod = host if ordinal >= 0 else ""
        answer = said.answers.get(pod)
        alive = answer is not None and answer.member_id == listed.id and answer.leader_id != 0
        volume = volume_of(seen.record, pod, listed.id, seen.volume_uid(pod), started=listed.started, alive=alive)
        members.append(
            Member(
                id=listed.id,
                pod=pod,
                url=url,
                ordinal=ordinal,
                learner=listed.learner,
                started=listed.started,
                alive=alive,
                leader=answer is not None and answer.leader_id == listed.id and alive,
                raft_index=answer.raft_index if answer is not None else 0,
                version=parse(answer.version) if answer is not None else None,
                volume=volume,
                pod_seconds=ages.get(pod, 0.0),
            )
        )
    return tuple(members)


def _set_seen(found: StatefulSet | None) -> SetSeen | None:
    if found is None:
        return None
    spec: dict[str, Any] = {} if isinstance(found.spec, UnsetType) else msgspec.json.decode(found.spec)
    templates = spec.get("volumeClaimTemplates") or []
    notes = found.metadata.annotations
    return SetSeen(
        uid=found.metadata.uid,
        replicas=spec.get("replicas", 1),
        version=parse(notes.get(VERSION_NOTE, "")),
        image=notes.get(IMAGE_NOTE, ""),
        claim_spec=templates[0].get("spec") if templates else None,
    )


def _pod_seen(pod: Pod, stateful_set: StatefulSet | None) -> PodSeen:
    return PodSeen(
        name=pod.metadata.name,
        ordinal=int(pod.metadata.name.rpartition("-")[2]),
        uid=pod.metadata.uid,
        ready=pod.ready,
        outdated=stateful_set is not None and _outdated(pod, stateful_set),
        terminating=pod.metadata.deletion_timestamp is not None,
        complaint=_complaint(pod),
        address=pod.status.pod_ip,
    )


def _outdated(pod: Pod, stateful_set: StatefulSet) -> bool:
    """Only known once the StatefulSet's controller has seen the present template."""
    status = stateful_set.status
    current = status.observed_generation >= stateful_set.metadata.generation and bool(status.update_revision)
    return current and pod.revision != status.update_revision


def _complaint(pod: Pod) -> str:
    for container in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        waiting = container.state.waiting
        if waiting is not None and waiting.reason not in _STARTING:
            ended = container.last_state.terminated
            last = (ended.message if ended is not None else "").strip().rpartition("\n")[2]
            return ": ".join(part for part in (waiting.reason, last or waiting.message) if part)[:300]
    for condition in pod.status.conditions:
        if condition.type == "PodScheduled" and condition.status == "False":
            return f"{condition.reason}: {condition.message}"[:300]
    return ""


def _claim_seen(cluster: str, claim: Claim) -> ClaimSeen:
    pod = claim.metadata.name.removeprefix(f"{CLAIM_NAME}-")
    return ClaimSeen(
        name=claim.metadata.name,
        pod=pod,
        ordinal=_ordinal(cluster, pod),
        uid=claim.metadata.uid,
        terminating=claim.metadata.deletion_timestamp is not None,
        requested=to_bytes(claim.spec.resources.requests.get("storage", "0")),
    )


def _missing_secrets(key: Key, pod_template: dict[str, Any], world: World) -> tuple[str, ...]:
    secrets = world.store(SECRET)
    return tuple(name for name in secrets_of(pod_template) if secrets.get(key.namespace, name) is None)


def _data(config_map: Body) -> dict[str, str]:
    return {} if isinstance(config_map.data, UnsetType) else msgspec.json.decode(config_map.data, type=dict[str, str])


def _ordinal(cluster: str, pod: str) -> int:
    """Number of a pod of the cluster; -1 for any other name."""
    found = re.fullmatch(re.escape(cluster) + r"-(0|[1-9]\d{0,3})", pod)
    return int(found[1]) if found else -1


def _seconds(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp).timestamp() if timestamp else 0.0
