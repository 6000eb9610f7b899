"""Dynamic settings that the operator makes for a while, put right whatever became of the step that needed them."""

from __future__ import annotations

from common.control.plan import Plan
from es_operator.calls import ClearVotingExclusions, EnableAllocation, ExcludeFromAllocation, SetMinimumMasters
from es_operator.observation import MINIMUM_MASTERS, Observation, Pod
from es_operator.rules.drain import to_drain
from es_operator.rules.outcome import listed, step
from es_operator.rules.settings import quorum

LONGEST_RESTART = 600.0  # seconds; after that replicas are built elsewhere rather than waited for


def allow_allocation(seen: Observation) -> Plan | None:
    """While a node restarts, its replicas are not built elsewhere; afterwards they must be allowed to come back.

    Left at `primaries`, a later loss of a node is never mended. So this looks at what is set and not at what was begun:
    the operator may have been killed in between, or the roll was given up.
    Source: opensearch-k8s-operator #400, #524.
    """
    if seen.cluster is None or seen.cluster.allocation != "primaries":
        return None
    if any(_restarts(seen, seen.pod(name)) for name in (*seen.missing, *(p.name for p in seen.pods if p.leaving))):
        return None
    return step(EnableAllocation(None), why="no node restarts any more: replicas may be allocated again")


def _restarts(seen: Observation, pod: Pod | None) -> bool:
    """Whether a node is expected back soon; between two pods of one name there is a moment without any."""
    return pod is None or seen.now - max(pod.created, pod.ends) < LONGEST_RESTART


def exclude_what_leaves(seen: Observation) -> Plan | None:
    """The list of nodes that shards leave is made anew each time, so that none is left behind by an edit taken back.

    Source: zalando es-operator #128.
    """
    if seen.cluster is None:
        return None
    wanted = to_drain(seen)
    if seen.cluster.excluded == frozenset(wanted):
        return None
    why = f"{listed(wanted)} shall go: move its shards away" if wanted else "no node shall go: shards may be anywhere"
    return step(ExcludeFromAllocation(wanted), why=why)


def let_vote_again(seen: Observation) -> Plan | None:
    """Exclusions from voting end when the node is gone, or wanted again; only ten can stand at once."""
    if seen.cluster is None or not seen.cluster.voting_exclusions:
        return None
    leaving = set(seen.leaving)
    wanted = set(seen.layout.masters)
    for name in seen.cluster.voting_exclusions:
        still_there = name in seen.joined or seen.pod(name) is not None
        if name in leaving or (still_there and name not in wanted):
            return None
    why = f"{listed(seen.cluster.voting_exclusions)} is gone or wanted again: its exclusion from voting ends"
    return step(ClearVotingExclusions(), why=why)


def enough_masters(seen: Observation) -> Plan | None:
    """Before 7.0 a number says how many masters must agree: too low and the cluster can split in two.

    Raised before masters are added, lowered after they are gone: never below the majority of those that may exist.
    """
    if seen.cluster is None or seen.version is None or seen.version.has_voting_configuration:
        return None
    running = sum(1 for n in seen.leaving if (node := seen.cluster.node(n)) is not None and node.master)
    needed = quorum(len(seen.layout.masters) + running)
    if seen.cluster.settings.get(MINIMUM_MASTERS) == str(needed):
        return None
    return step(SetMinimumMasters(needed), why=f"{needed} masters must agree, a majority of those there may be")
