"""Restarting nodes one at a time so that they take a changed template, without losing a shard on the way."""

from __future__ import annotations

from common.control.plan import Plan
from es_operator.calls import EnableAllocation, Flush, RestartNode
from es_operator.observation import Cluster, Node, Observation, Pod
from es_operator.rules.heal import lost_copies, missing_nodes
from es_operator.rules.outcome import listed, step, wait

ROLL_LOOK = 2.0  # seconds; a node that has rejoined changes no object
TIERS = "fcwhds"  # frozen, cold, warm, hot, then plain data and content


def roll(seen: Observation) -> Plan | None:
    """Restart the next pod whose template changed; each reason not to has a name, which the status shows.

    Allocation is held back to primaries meanwhile (`allow_allocation` puts it back), or Elasticsearch would copy all
    of the node's shards elsewhere the minute it is gone. A node is back for its peers some seconds before it is back
    for clients, whose Service goes by the kubelet's probe: the next one waits for both.
    Source: Elasticsearch, "Rolling upgrades"; ECK, upgrade predicates.
    """
    cluster = seen.cluster
    if cluster is None or not seen.outdated:
        return None
    going = [p.name for p in seen.pods if p.leaving]
    if going:
        return wait("RestartUnderWay", f"{listed(going)} restarts", ROLL_LOOK)
    absent = missing_nodes(seen)
    if absent is not None:
        return absent
    unhealthy = not_safe_now(cluster)
    if unhealthy is not None:
        code, message = unhealthy
        return wait(code, f"{lost_copies(seen)}: {message}" if code == "Red" else message, ROLL_LOOK * 2)
    behind = [p.name for p in seen.pods if not p.ready and p not in seen.outdated]
    if behind:
        return wait("PodsNotReady", f"{listed(behind)} has joined, but serves no requests yet", ROLL_LOOK)
    hazards = []
    for pod in sorted(seen.outdated, key=lambda p: _order(cluster, p)):
        hazard = last_copy_on(cluster, pod.name)
        if hazard is None:
            restart = (EnableAllocation("primaries"), Flush(), RestartNode(pod.name, pod.uid))
            return step(*restart, why=f"{pod.name} takes the new template")
        hazards.append(hazard)
    return wait("LastShardCopy", hazards[0], ROLL_LOOK * 5)


def not_safe_now(cluster: Cluster) -> tuple[str, str] | None:
    """Why no node may stop at this moment; None when one may."""
    health = cluster.health
    if health is None:
        return "NoMaster", "no master is elected"
    if health.status == "red":
        return "Red", "no node is restarted while a shard is missing"
    if not health.settled:
        return (
            "Recovering",
            f"{health.initializing_shards} shards are being built, {health.relocating_shards} move, "
            f"{health.delayed_unassigned_shards} wait for their node",
        )
    if cluster.allocation not in ("all", "primaries"):
        return (
            "AllocationDisabled",
            f"cluster.routing.allocation.enable is {cluster.allocation}: a node that restarts would not get its shards "
            "back; set it to null",
        )
    return None


def last_copy_on(cluster: Cluster, node: str) -> str | None:
    """Whether a shard would be without any started copy while this node is gone.

    An index without replicas has only one copy ever: its brief absence is what its owner chose. A copy that moves is
    not counted, as it may yet fail. Source: ECK #9187.
    """
    copies = cluster.copies or ()
    for mine in copies:
        if mine.node != node or mine.state != "STARTED":
            continue
        others = [c for c in copies if (c.index, c.shard) == (mine.index, mine.shard) and c is not mine]
        if others and not any(c.state == "STARTED" and c.node != node for c in others):
            return f"{node} holds the only started copy of {mine.index}[{mine.shard}]"
    return None


def _order(cluster: Cluster, pod: Pod) -> tuple[int, bool, int]:
    """Data before the rest before masters, the elected one last; highest ordinal first."""
    node = cluster.node(pod.name) or Node(pod.name, "", "")
    return _rank(node), node.elected, -pod.ordinal


def _rank(node: Node) -> int:
    if node.master:
        return len(TIERS) + 2
    return next((i for i, letter in enumerate(TIERS) if letter in node.roles), len(TIERS) + 1)
