"""Carrying out calls. Each looks anew, live, at what it rests on, and raises to be tried again where that changed."""

from __future__ import annotations

import msgspec

from common.control.operator import Key, World
from common.control.plan import Call
from common.kube.client import Client as Kubernetes
from common.kube.errors import Conflict
from common.kube.objects import Pod, StatefulSet
from common.kube.resource import POD, STATEFUL_SET
from common.workload.names import selector
from es_operator.calls import (
    ClearVotingExclusions,
    EnableAllocation,
    ExcludeFromAllocation,
    ExcludeFromVoting,
    Flush,
    LowerReplicas,
    ReplaceBrokenPod,
    RestartNode,
    SetMinimumMasters,
)  # fmt: skip
from es_operator.client import Client, connected
from es_operator.layout import APPLICATION
from es_operator.observation import ALLOCATION, EXCLUDED, MINIMUM_MASTERS, Cluster
from es_operator.rules.roll import last_copy_on, not_safe_now
from es_operator.versions import Version, version_of


class Changed(Conflict):
    """What a step rests on is no longer so: look again."""

    def __init__(self, message: str) -> None:
        super().__init__(409, "Changed", message)


async def act(call: Call, key: Key, world: World, kubernetes: Kubernetes) -> None:
    """Carry out one call; raises when it could not be, and then the next look decides anew."""
    match call:
        case ReplaceBrokenPod(pod=name, uid=uid):
            await _replace_broken(kubernetes, key, name, uid)
            return
    async with connected(_addresses(key, world)) as client:
        match call:
            case ExcludeFromAllocation(nodes=nodes):
                await client.put_setting(EXCLUDED, ",".join(nodes) or None)
            case ExcludeFromVoting(node=node):
                await client.exclude_from_voting(node, _version(key, world))
            case ClearVotingExclusions():
                await client.clear_voting_exclusions()
            case EnableAllocation(shards=shards):
                await client.put_setting(ALLOCATION, shards)
            case SetMinimumMasters(count=count):
                await client.put_setting(MINIMUM_MASTERS, count)
            case Flush():
                await client.flush(_version(key, world))
            case RestartNode():
                await _restart(client, kubernetes, key, call)
            case LowerReplicas():
                await _lower(client, kubernetes, key, world, call)
            case _:
                raise TypeError(f"no such call: {call!r}")


async def _restart(client: Client, kubernetes: Kubernetes, key: Key, call: RestartNode) -> None:
    """Only while every other node is there, the cluster is well, and no shard has this node alone.

    A cache that lags may not know yet that another pod was deleted a moment ago, and that one's node still answers.
    """
    cluster = await _live(client)
    pods, _ = await kubernetes.list_(POD, key.namespace, Pod, label_selector=_selector(key))
    for pod in pods:
        if pod.metadata.deletion_timestamp is not None or (pod.revision and cluster.node(pod.metadata.name) is None):
            raise Changed(f"{call.pod} is not restarted: {pod.metadata.name} is not there")
    unsafe = not_safe_now(cluster)
    hazard = last_copy_on(cluster, call.pod) if unsafe is None else unsafe[1]
    if hazard is not None:
        raise Changed(f"{call.pod} is not restarted: {hazard}")
    await kubernetes.delete(POD, key.namespace, call.pod, uid=call.uid)


async def _lower(client: Client, kubernetes: Kubernetes, key: Key, world: World, call: LowerReplicas) -> None:
    """Only while the nodes that go hold nothing, by a live look, and the StatefulSet is the one that was seen.

    A cache that lagged behind once scaled a cluster down (ECK #5274).
    """
    cluster = await _live(client)
    for name in call.nodes:
        held = cluster.copies_on(name)
        if held:
            raise Changed(f"{name} is not taken away: it holds {len(held)} shards")
    staying = [n.name for n in cluster.nodes if n.master and n.name not in call.nodes]
    if not staying:
        raise Changed("the last master is not taken away")
    written = await kubernetes.merge_patch(
        STATEFUL_SET,
        key.namespace,
        call.workload,
        {
            "metadata": {"uid": call.uid, "resourceVersion": call.resource_version},
            "spec": {"replicas": call.replicas},
        },
    )
    # into the cache at once: the next look would otherwise ask for the old number again
    world.store(STATEFUL_SET).put(msgspec.json.decode(written, type=StatefulSet))


async def _live(client: Client) -> Cluster:
    health = await client.health()
    uuid, _ = await client.identity()
    return Cluster(
        uuid=uuid,
        health=health,
        nodes=await client.nodes(),
        settings=await client.settings(),
        copies=await client.copies(),
    )


async def _replace_broken(kubernetes: Kubernetes, key: Key, name: str, uid: str) -> None:
    pod = await kubernetes.get_as(POD, key.namespace, name, Pod)
    if pod is None or pod.metadata.uid != uid:
        return
    if pod.ready:
        raise Changed(f"{name} has come up")
    await kubernetes.delete(POD, key.namespace, name, uid=uid)


def _addresses(key: Key, world: World) -> list[str]:
    addresses = [p.status.pod_ip for p in world.owned(key, POD) if p.ready]
    if not addresses:
        raise Changed("no node of the cluster is ready")
    return addresses


def _selector(key: Key) -> str:
    return ",".join(f"{name}={value}" for name, value in selector(APPLICATION, key.kind, key.name).items())


def _version(key: Key, world: World) -> Version:
    resource = world.resource(key)
    version = version_of(resource.hub.version) if resource is not None else None
    if version is None:
        raise Changed("the resource changed")
    return version
