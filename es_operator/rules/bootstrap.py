"""The first start of a brand-new cluster, which happens once."""

from __future__ import annotations

from common.control.plan import Plan
from es_operator.observation import Observation
from es_operator.rules.outcome import wait

FORMING_LOOK = 3.0  # seconds; a formed cluster changes no object, so nothing but looking tells


def initial_masters(seen: Observation) -> tuple[str, ...]:
    """The nodes that may form a new cluster; none unless this is the first start of a brand-new one.

    With `cluster.initial_master_nodes` set, a node with an empty volume forms a second cluster as soon as it sees a
    majority of the list: two halves that both take writes. So the list is frozen in the ConfigMap before the first pod
    exists, and is taken out when the cluster's UUID is known; a node that joins, or comes back, never has it.
    Volumes that are there already hold a cluster's state, which needs no list: then none is made.
    Source: Elasticsearch, "Bootstrapping a cluster".
    """
    if seen.version is None or not seen.version.has_voting_configuration or seen.cluster_uuid:
        return ()
    if seen.record is not None:
        return seen.record.initial_masters
    if seen.workloads or seen.claims:
        return ()
    return seen.layout.masters


def form(seen: Observation) -> Plan | None:
    """Wait until a master is elected for the first time; what runs is left alone meanwhile."""
    if seen.cluster is None or seen.cluster.formed or seen.cluster_uuid:
        return None
    if not initial_masters(seen) and seen.version is not None and seen.version.has_voting_configuration:
        return wait(
            "NothingToFormFrom",
            "the nodes run but hold no cluster, and this is not its first start: if the volume claims of a former "
            "cluster of this name hold nothing of value, delete the cluster with its claims and create it anew",
            FORMING_LOOK * 10,
        )
    return wait("Forming", "the masters have not elected one of them yet", FORMING_LOOK)
