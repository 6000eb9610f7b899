"""Nodes go only when they are empty: shards, then the vote, then the pod, then the volume."""

import msgspec

from common.control.plan import Delete
from es_operator.analyze import analyze
from es_operator.calls import ClearVotingExclusions, ExcludeFromAllocation, ExcludeFromVoting, LowerReplicas
from es_operator.objects import workloads
from es_operator.observation import EXCLUDED, Copy, Observation
from tests.unit.es.worlds import (
    asks_for,
    calls,
    copies,
    disk,
    health,
    next_calls,
    node_set,
    pod,
    replaced,
    running,
    spec_of,
    waits_for,
    with_cluster,
)  # fmt: skip

MASTERS, DATA = node_set("m", 3, roles=["master"]), node_set("d", 4, roles=["data"])
FULL = copies("i", "c-es-d-3", "c-es-d-0")


def shrinking(to: int = 3, held: tuple[Copy, ...] = (), excluded: str = "c-es-d-3") -> Observation:
    """Four data nodes of which fewer are wanted; `held` is where shards are."""
    seen = asks_for(running(spec_of(MASTERS, DATA)), spec_of(MASTERS, {**DATA, "count": to}))
    return with_cluster(seen, copies=held, settings={EXCLUDED: excluded} if excluded else {})


def test_first_its_shards_are_sent_away() -> None:
    seen = shrinking(held=FULL, excluded="")
    assert next_calls(seen) == [ExcludeFromAllocation(("c-es-d-3",))]


def test_the_stateful_set_keeps_its_size_meanwhile() -> None:
    seen = shrinking(held=FULL)
    assert seen.version is not None
    sizes = {w["metadata"]["name"]: w["spec"]["replicas"] for w in workloads(seen, seen.version)}
    assert sizes == {"c-es-m": 3, "c-es-d": 4}


def test_a_node_with_a_shard_stays() -> None:
    assert waits_for(shrinking(held=FULL)) == "Draining"


def test_a_copy_on_its_way_still_counts() -> None:
    moving = copies("i", "c-es-d-3", state="RELOCATING")
    assert waits_for(shrinking(held=moving)) == "Draining"


def test_an_empty_node_goes() -> None:
    assert next_calls(shrinking(held=copies("i", "c-es-d-0"))) == [
        LowerReplicas("c-es-d", "uid-c-es-d", "7", 3, ("c-es-d-3",))
    ]


def test_empty_data_nodes_go_together_and_never_past_one_that_is_not() -> None:
    excluded = "c-es-d-1,c-es-d-2,c-es-d-3"
    seen = shrinking(1, copies("i", "c-es-d-1"), excluded)
    assert next_calls(seen) == [LowerReplicas("c-es-d", "uid-c-es-d", "7", 2, ("c-es-d-3", "c-es-d-2"))]


def test_taking_the_edit_back_ends_the_drain() -> None:
    seen = with_cluster(running(spec_of(MASTERS, DATA)), settings={EXCLUDED: "c-es-d-3"}, copies=FULL)
    assert next_calls(seen) == [ExcludeFromAllocation(())]


def test_a_drain_that_cannot_end_is_not_begun() -> None:
    """Three copies cannot be on two nodes."""
    held = copies("wide", "c-es-d-0", "c-es-d-1", "c-es-d-2")
    seen = shrinking(2, held, excluded="")
    assert waits_for(seen) == "DrainImpossible"
    assert "number_of_replicas to 1" in analyze(seen).reasons[0].message


def test_a_drain_that_turned_out_to_be_impossible_is_undone() -> None:
    held = copies("wide", "c-es-d-0", "c-es-d-1", "c-es-d-2")
    assert next_calls(shrinking(2, held, excluded="c-es-d-2,c-es-d-3")) == [ExcludeFromAllocation(())]


def test_no_room_below_the_watermark() -> None:
    seen = with_cluster(
        shrinking(held=FULL, excluded=""),
        disks=(disk("c-es-d-3", used_by_shards=50), *(disk(f"c-es-d-{i}", used=80) for i in range(3))),
    )
    assert waits_for(seen) == "DrainImpossible"
    roomy = with_cluster(seen, disks=(disk("c-es-d-3", used_by_shards=50), disk("c-es-d-0", used=30)))
    assert next_calls(roomy) == [ExcludeFromAllocation(("c-es-d-3",))]


def test_what_elasticsearch_says_of_a_shard_that_stays_is_passed_on() -> None:
    seen = with_cluster(shrinking(held=FULL), explanation="i[0] may go nowhere; c-es-d-0: too many shards")
    assert waits_for(seen) == "DrainStuck"
    assert "too many shards" in analyze(seen).reasons[0].message


def test_an_absent_node_does_not_go_while_a_shard_is_missing() -> None:
    seen = shrinking(held=copies("i", ""))
    assert seen.cluster is not None
    without = tuple(n for n in seen.cluster.nodes if n.name != "c-es-d-3")
    broken = pod("c-es-d-3", "c-es-d", ready=False, trouble="CrashLoopBackOff: ")
    seen = replaced(seen, pods=(*(p for p in seen.pods if p.name != "c-es-d-3"), broken))
    assert waits_for(with_cluster(seen, nodes=without, health=health("red"))) == "Red"


def test_a_node_that_restarts_is_waited_for_and_stays_on_the_list() -> None:
    seen = shrinking(held=copies("i", "c-es-d-0"))
    assert seen.cluster is not None
    without = with_cluster(seen, nodes=tuple(n for n in seen.cluster.nodes if n.name != "c-es-d-3"))
    assert waits_for(without) == "Draining"
    broken = pod("c-es-d-3", "c-es-d", ready=False, trouble="CrashLoopBackOff: ")
    stuck = replaced(without, pods=(*(p for p in without.pods if p.name != "c-es-d-3"), broken))
    assert next_calls(stuck) == [LowerReplicas("c-es-d", "uid-c-es-d", "7", 3, ("c-es-d-3",))]


def test_a_master_that_cannot_start_loses_its_vote_too() -> None:
    seen = fewer_masters(2)
    assert seen.cluster is not None
    broken = pod("c-es-m-2", "c-es-m", ready=False, trouble="CrashLoopBackOff: ")
    away = tuple(n for n in seen.cluster.nodes if n.name != "c-es-m-2")
    stuck = replaced(with_cluster(seen, nodes=away), pods=(*(p for p in seen.pods if p.name != "c-es-m-2"), broken))
    assert next_calls(stuck) == [ExcludeFromVoting("c-es-m-2")]


def test_nothing_goes_while_a_pod_is_on_its_way_out() -> None:
    seen = shrinking(held=())
    pods = tuple(p if p.name != "c-es-d-2" else pod(p.name, p.group, leaving=True) for p in seen.pods)
    assert waits_for(replaced(seen, pods=pods)) == "WaitingForPodToGo"


def fewer_masters(to: int, **changes: object) -> Observation:
    data = node_set("d", 2, roles=["data"])
    seen = asks_for(running(spec_of(MASTERS, data)), spec_of({**MASTERS, "count": to}, data))
    return with_cluster(seen, **changes) if changes else seen


def test_a_master_gives_up_its_vote_before_it_goes() -> None:
    assert next_calls(fewer_masters(1)) == [ExcludeFromVoting("c-es-m-2")]


def test_masters_go_one_at_a_time() -> None:
    seen = fewer_masters(1, voting_exclusions=("c-es-m-2",))
    assert next_calls(seen) == [LowerReplicas("c-es-m", "uid-c-es-m", "7", 2, ("c-es-m-2",))]


def test_no_master_goes_while_another_is_missing() -> None:
    seen = fewer_masters(2)
    assert seen.cluster is not None
    absent = tuple(n for n in seen.cluster.nodes if n.name != "c-es-m-0")
    assert waits_for(with_cluster(seen, nodes=absent)) == "MastersMissing"


def test_exclusions_from_voting_end_when_the_node_is_gone_or_wanted_again() -> None:
    gone = with_cluster(running(spec_of(MASTERS, DATA)), voting_exclusions=("c-es-m-3",))
    assert next_calls(gone) == [ClearVotingExclusions()]
    back = with_cluster(running(spec_of(MASTERS, DATA)), voting_exclusions=("c-es-m-2",))
    assert next_calls(back) == [ClearVotingExclusions()]
    ending = replaced(gone, pods=(*gone.pods, pod("c-es-m-3", "c-es-m", leaving=True)))
    assert ClearVotingExclusions() not in next_calls(ending)


def test_before_7_no_vote_is_excluded_but_counted_by_hand() -> None:
    data = node_set("d", 2, roles=["data"])
    old = running(spec_of(MASTERS, data, version="6.8.23"))
    seen = asks_for(old, spec_of({**MASTERS, "count": 2}, data, version="6.8.23"))
    seen = with_cluster(seen, settings={"discovery.zen.minimum_master_nodes": "2"})
    assert next_calls(seen) == [LowerReplicas("c-es-m", "uid-c-es-m", "7", 2, ("c-es-m-2",))]


def test_a_node_set_that_is_not_wanted_goes_when_it_is_empty() -> None:
    seen = asks_for(running(spec_of(node_set(), DATA)), spec_of(node_set()))
    all_of_it = tuple(f"c-es-d-{i}" for i in range(4))
    assert next_calls(with_cluster(seen, copies=FULL)) == [ExcludeFromAllocation(all_of_it)]
    left = running(spec_of(node_set()))
    empty = tuple(msgspec.structs.replace(w, replicas=0) for w in seen.workloads if w.name == "c-es-d")
    plan = analyze(replaced(left, workloads=(*left.workloads, *empty)))
    assert calls(plan) == []
    assert [s.action.name for s in plan.steps if isinstance(s.action, Delete)] == ["c-es-d"]
