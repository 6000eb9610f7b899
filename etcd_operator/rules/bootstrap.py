"""The first start, and every later time at which no quorum answers."""

from __future__ import annotations

from common.control.plan import Delete, Plan
from etcd_operator.membership import lost_for_good
from etcd_operator.observation import Observation, PodSeen
from etcd_operator.rules.outcome import named, steps, wait


def free_stuck_pods(seen: Observation) -> Plan | None:
    """A pod of an outdated template that cannot start never will, and no health can be waited for first.

    A StatefulSet keeps such pods for ever, also after its template was mended (kubernetes/kubernetes #67250). Only pods
    whose container does not run are taken, and none that holds data in itself once there may be some.
    """
    if seen.known or (seen.ephemeral and seen.bootstrapped):
        return None
    stuck = [p for p in seen.pods if p.outdated and p.complaint and not p.terminating]
    if not stuck:
        return None
    why = f"{named([p.name for p in stuck])} cannot start from an outdated template"
    return steps("Starting", why, *(_delete(seen, p) for p in stuck))


def bootstrap(seen: Observation) -> Plan | None:
    """All members start at once with one list, and decide between themselves that they are a cluster."""
    if seen.bootstrapped:
        return None
    return wait("Creating", f"the members start for the first time{seen.complaints}")


def await_quorum(seen: Observation) -> Plan | None:
    """No quorum answers. All pods down at once is not a loss: their volumes are there, so wait for them.

    Earlier operators deleted pods here and lost the data [coreos/etcd-operator #1323, #1467, #1684, #1972, #2110]. Only
    when the volumes of a majority are gone by the record is it a loss, and then only a person can say what to do: any
    way on from there forgets writes that were acknowledged.
    """
    if seen.known:
        return None
    lost, voters = lost_for_good(seen)
    if voters and voters - lost == 0:
        return wait("DataLost", f"the data of all {voters} members is gone; {_WAY_OUT}")
    if voters and voters - lost < voters // 2 + 1:
        return wait("QuorumLost", f"the data of {lost} of {voters} members is gone; {_WAY_OUT}")
    if seen.record is not None and not seen.record.cluster_id and seen.claims:
        return wait(
            "WaitingForMembers",
            "volumes of an earlier cluster of this name were found, and its members do not answer yet; "
            "if those volumes hold nothing that is needed, delete this resource and them to start anew",
        )
    said = f"no quorum answers; the volumes are there, so the members are waited for{seen.complaints}"
    return wait("WaitingForMembers", said)


_WAY_OUT = "restore a snapshot into a new cluster, or delete this resource and create it anew to start empty"


def _delete(seen: Observation, pod: PodSeen) -> Delete:
    return Delete("v1", "Pod", seen.key.namespace, pod.name, pod.uid)
