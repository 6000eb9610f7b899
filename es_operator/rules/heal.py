"""Nodes that are lost, and clusters that do not answer."""

from __future__ import annotations

from common.control.plan import Plan
from es_operator.calls import ReplaceBrokenPod
from es_operator.observation import Observation
from es_operator.rules.outcome import listed, step, wait

ANSWER_LOOK = 5.0  # seconds; a node that begins to answer changes no object
START_LOOK = 2.0  # seconds; a node joins a while before or after its pod is ready
PATIENCE = 300.0  # seconds; a node that starts needs 20-60, one that replays a large translog minutes


def nothing_runs(seen: Observation) -> Plan | None:
    """No pod is ready, so nothing listens: every change that matters arrives by a watch."""
    if seen.cluster is not None or any(p.ready for p in seen.pods):
        return None
    troubled = [p for p in seen.pods if p.trouble]
    if troubled:
        return wait("PodsDoNotStart", f"{troubled[0].name}: {troubled[0].trouble}", None)
    return wait("WaitingForPods", "no pod is ready yet", None)


def replace_broken(seen: Observation) -> Plan | None:
    """A pod that never came up holds nothing, and its StatefulSet has a newer template: let it start from that.

    The StatefulSet is of the kind that never replaces a pod by itself, so a bad edit could not be mended otherwise:
    the checks that protect a healthy cluster would wait for the very pod that cannot start.
    Source: ECK, "forced upgrade of pods that are all pending or bootlooping".
    """
    for pod in seen.outdated:
        if pod.trouble and not pod.ready and not pod.leaving and pod.name not in seen.joined:
            why = f"{pod.name} does not start ({pod.trouble}), and its template has changed since"
            return step(ReplaceBrokenPod(pod.name, pod.uid), why=why)
    return None


def not_answering(seen: Observation) -> Plan | None:
    """Nodes run and none of them answers, or none knows a master.

    All nodes stopped at once is no loss: the volumes are there, and the masters find each other again. Nothing is
    deleted, whatever the time; only a majority of masters whose volumes are gone is beyond waiting, and that is said.
    """
    if seen.cluster is not None and seen.cluster.formed:
        return None
    if seen.cluster is None:
        return wait("NotAnswering", "no node answers, though some are ready", ANSWER_LOOK)
    running = [p for p in seen.pods if p.ready and p.name in seen.layout.masters]
    since = max((p.ready_since for p in running), default=seen.now)
    if len(running) * 2 > len(seen.layout.masters) and seen.now - since > PATIENCE:
        return wait(
            "NoMasterElected",
            f"{len(running)} of {len(seen.layout.masters)} masters run and elect none of them: if the volumes of a "
            "majority of the masters were lost, the cluster's state is lost with them; restore a snapshot into a new "
            "cluster, or bring the old volumes back",
            ANSWER_LOOK * 6,
        )
    return wait("NoMaster", "the nodes run and wait for a majority of the masters", ANSWER_LOOK)


def lost_copies(seen: Observation) -> str:
    """What a red health means: the shards without any started copy, by name."""
    copies = (seen.cluster.copies or ()) if seen.cluster else ()
    lost = sorted({f"{c.index}[{c.shard}]" for c in copies if c.primary and c.state != "STARTED" and not c.node})
    return f"no copy of {listed(lost)} is on a node that has joined" if lost else "a shard has no started copy"


def missing_nodes(seen: Observation) -> Plan | None:
    """Wait for nodes that shall run and have not joined; nothing else is touched meanwhile."""
    if not seen.missing:
        return None
    pods = [seen.pod(name) for name in seen.missing]
    if all(p is None or (not p.trouble and seen.now - p.created < PATIENCE) for p in pods):
        return wait("NodesStart", f"{listed(seen.missing)} starts", START_LOOK)
    why = next((f" ({p.trouble})" for p in pods if p is not None and p.trouble), "")
    return wait("NodesMissing", f"{listed(seen.missing)} has not joined{why}", ANSWER_LOOK * 6 if why else ANSWER_LOOK)
