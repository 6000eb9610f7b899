"""Taking nodes away: first their shards move, then their vote, then the pod, then the volume."""

from __future__ import annotations

from collections import defaultdict

from common.control.plan import Delete, Plan
from es_operator.calls import ExcludeFromVoting, LowerReplicas
from es_operator.observation import Cluster, Observation, Workload
from es_operator.rules.heal import lost_copies
from es_operator.rules.outcome import listed, step, wait

DRAIN_LOOK = 3.0  # seconds; shards that move change no object
LOW_WATERMARK = 0.85  # of a disk; Elasticsearch puts no shard on a node above it


def to_drain(seen: Observation) -> tuple[str, ...]:
    """The nodes whose shards shall move away now; none while the rest cannot take them."""
    if seen.cluster is None or not seen.leaving or cannot_drain(seen) is not None:
        return ()
    return tuple(sorted(n for n in seen.leaving if _drains(seen.cluster, n)))


def _drains(cluster: Cluster, name: str) -> bool:
    """Whether a leaving node may hold shards; one that restarts meanwhile stays on the list that it is on."""
    node = cluster.node(name)
    return node.data if node is not None else name in cluster.excluded


def cannot_drain(seen: Observation) -> str | None:
    """Why the nodes that stay cannot take the shards of those that leave; None when they can, as far as can be told.

    Known before anything is moved: two copies of a shard never share a node, and a node above the low watermark takes
    none. A drain that is begun and cannot end leaves shards where nobody expects them.
    """
    cluster = seen.cluster
    if cluster is None or cluster.copies is None:
        return None
    leaving = set(seen.leaving)
    staying = {n.name for n in cluster.nodes if n.data and n.name not in leaving}
    placed: dict[tuple[str, str], set[str]] = defaultdict(set)
    for copy in cluster.copies:
        if copy.node:
            placed[copy.index, copy.shard].add(copy.node)
    for (index, _), nodes in sorted(placed.items()):
        if nodes & leaving and len(nodes) > len(staying):
            return (
                f"index {index} keeps {len(nodes)} copies of each shard and only {len(staying)} data nodes would stay: "
                f"lower its number_of_replicas to {max(len(staying) - 1, 0)}, or keep more nodes"
            )
    return _no_room(seen, staying)


def _no_room(seen: Observation, staying: set[str]) -> str | None:
    disks = seen.cluster.disks if seen.cluster else ()
    moving = sum(d.used_by_shards for d in disks if d.node in seen.leaving)
    room = sum(max(0, int(d.total * LOW_WATERMARK) - d.used) for d in disks if d.node in staying)
    if moving <= room or not staying:
        return None
    return (
        f"{moving // 1024**2} MiB would have to move and the nodes that stay have room for {room // 1024**2} MiB below "
        f"the low watermark: grow their volumes, delete data, or keep more nodes"
    )


def drain(seen: Observation) -> Plan | None:
    """Take away what is no longer wanted, as soon as it holds nothing."""
    if seen.cluster is None or not seen.leaving:
        return None
    impossible = cannot_drain(seen)
    if impossible is not None:
        return wait("DrainImpossible", impossible, DRAIN_LOOK * 10)
    going = [p.name for p in seen.pods if p.leaving]
    if going:
        return wait("WaitingForPodToGo", f"{listed(going)} is on its way out", DRAIN_LOOK)
    for workload in seen.workloads:
        names = _may_go(seen, workload)
        if names:
            return _take_away(seen, workload, names)
    return _still_draining(seen)


def _may_go(seen: Observation, workload: Workload) -> tuple[str, ...]:
    """The highest nodes of a workload that hold no shard, those of them together that may go together.

    Masters one at a time, and only while all others are there: each that goes changes who must agree.
    """
    cluster = seen.cluster
    if cluster is None or cluster.copies is None:
        return ()
    free: list[str] = []
    for name in (n for n in seen.leaving if n.rpartition("-")[0] == workload.name):
        node = cluster.node(name)
        if cluster.copies_on(name):
            break
        if node is None and not _given_up(seen, name):
            break
        if _votes(seen, workload, name):
            return tuple(free) or (name,)
        free.append(name)
    return tuple(free)


def _given_up(seen: Observation, name: str) -> bool:
    """Whether a node that is not there need not be waited for: it cannot start, and no shard is missing for it."""
    pod = seen.pod(name)
    red = seen.cluster is None or seen.cluster.health is None or seen.cluster.health.status == "red"
    return pod is not None and bool(pod.trouble) and not red


def _votes(seen: Observation, workload: Workload, name: str) -> bool:
    """Whether a node is master-eligible, or may be: of one that is not there only its node set can tell."""
    node = seen.cluster.node(name) if seen.cluster else None
    if node is not None:
        return node.master
    group = seen.layout.group(workload.name)
    return group is None or group.node_set.master


def _take_away(seen: Observation, workload: Workload, names: tuple[str, ...]) -> Plan:
    cluster = seen.cluster
    assert cluster is not None  # noqa: S101 - drain looked
    first = names[0]
    if _votes(seen, workload, first):
        if not set(seen.masters_joined) - {first}:
            return wait("LastMaster", f"no master but {first} has joined: it cannot go", DRAIN_LOOK * 10)
        absent = [m for m in seen.missing if m in seen.layout.masters]
        if absent:
            return wait("MastersMissing", f"{listed(absent)} has not joined: no other master goes", DRAIN_LOOK * 2)
        votes = seen.version is not None and seen.version.has_voting_configuration
        if votes and first not in cluster.voting_exclusions:
            return step(ExcludeFromVoting(first), why=f"{first} shall go: the other masters decide without it")
    fewer = workload.replicas - len(names)
    call = LowerReplicas(workload.name, workload.uid, workload.resource_version, fewer, names)
    return step(call, why=f"{listed(names)} holds no shard: take it away")


def _still_draining(seen: Observation) -> Plan:
    cluster = seen.cluster
    assert cluster is not None  # noqa: S101 - drain looked
    held = {name: len(cluster.copies_on(name)) for name in seen.leaving}
    full = [f"{name} ({count} shards)" for name, count in held.items() if count]
    if cluster.explanation:
        return wait("DrainStuck", f"{listed(full)} cannot be emptied: {cluster.explanation}", DRAIN_LOOK * 10)
    if cluster.health is not None and cluster.health.status == "red":
        return wait("Red", f"{lost_copies(seen)}: no node is taken away", DRAIN_LOOK * 5)
    return wait("Draining", f"shards move away from {listed(full or list(seen.leaving))}", DRAIN_LOOK)


def remove_empty(seen: Observation) -> Plan | None:
    """A StatefulSet of a node set or zone that is no longer wanted goes when its last pod has gone."""
    for workload in seen.workloads:
        unwanted = seen.layout.group(workload.name) is None
        if unwanted and workload.replicas == 0 and not any(p.group == workload.name for p in seen.pods):
            delete = Delete("apps/v1", workload.kind, seen.key.namespace, workload.name, workload.uid)
            return step(delete, why=f"{workload.name} has no node left and is not wanted")
    return None
