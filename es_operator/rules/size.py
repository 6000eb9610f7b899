"""How many nodes each workload shall have at this moment."""

from __future__ import annotations

from es_operator.layout import Group
from es_operator.observation import MINIMUM_MASTERS, Observation
from es_operator.rules.bootstrap import initial_masters
from es_operator.rules.settings import quorum


def replicas_now(seen: Observation, group: Group) -> int:
    """The wanted number, or for now the present one: a node goes only after it was drained, by a step of its own.

    Masters are not added either while the first election is on (the list of those who may vote in it is frozen), nor,
    before 7.0, while too few masters would have to agree.
    """
    live = seen.live(group)
    if live is None:
        return group.count
    if group.count <= live.replicas:
        return live.replicas if group.workload == "StatefulSet" else group.count
    if group.node_set.master and (initial_masters(seen) or not enough_must_agree(seen)):
        return live.replicas
    return group.count


def enough_must_agree(seen: Observation) -> bool:
    """Before 7.0: whether `minimum_master_nodes` already is a majority of the masters that are wanted."""
    if seen.version is None or seen.version.has_voting_configuration or seen.cluster is None:
        return True
    return int(seen.cluster.settings.get(MINIMUM_MASTERS, 0)) >= quorum(len(seen.layout.masters))
