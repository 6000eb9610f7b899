"""One node at a time, and none that a shard needs now."""

import msgspec
import pytest

from es_operator.analyze import analyze
from es_operator.calls import EnableAllocation, Flush, ReplaceBrokenPod, RestartNode
from es_operator.observation import ALLOCATION, Observation
from tests.unit.es.worlds import (
    NOW,
    asks_for,
    copies,
    health,
    next_calls,
    node_set,
    outdated,
    pod,
    replaced,
    running,
    spec_of,
    waits_for,
    with_cluster,
)  # fmt: skip


def restarted(seen: Observation) -> str:
    """The pod that is restarted next."""
    held, flush, restart = next_calls(seen)
    assert (held, flush) == (EnableAllocation("primaries"), Flush())
    assert isinstance(restart, RestartNode)
    return restart.pod


def test_shards_are_held_and_flushed_before_a_node_stops() -> None:
    assert restarted(outdated(running())) == "c-es-all-2"


def test_the_elected_master_goes_last() -> None:
    assert restarted(outdated(running(), "c-es-all-0", "c-es-all-1")) == "c-es-all-1"
    assert restarted(outdated(running(), "c-es-all-0")) == "c-es-all-0"


def test_data_before_the_rest_before_masters_and_cold_before_hot() -> None:
    spec = spec_of(
        node_set("m", 3, roles=["master"]), node_set("i", 1, roles=["ingest"]),
        node_set("hot", 1, roles=["data_hot", "data_content"]), node_set("cold", 1, roles=["data_cold"]),
    )  # fmt: skip
    seen = running(spec)
    assert seen.cluster is not None
    letters = {"c-es-hot-0": "hs", "c-es-cold-0": "c"}
    nodes = tuple(msgspec.structs.replace(n, roles=letters.get(n.name, n.roles)) for n in seen.cluster.nodes)
    seen = with_cluster(seen, nodes=nodes)
    order = []
    left = {p.name for p in seen.pods}
    while left:
        order.append(restarted(outdated(seen, *left)))
        left.remove(order[-1])
    assert order == ["c-es-cold-0", "c-es-hot-0", "c-es-i-0", "c-es-m-2", "c-es-m-1", "c-es-m-0"]


@pytest.mark.parametrize(
    ("status", "numbers", "reason"),
    [
        ("red", {}, "Red"),
        ("yellow", {"initializing_shards": 1}, "Recovering"),
        ("yellow", {"relocating_shards": 1}, "Recovering"),
        ("yellow", {"delayed_unassigned_shards": 1}, "Recovering"),
        ("yellow", {"number_of_in_flight_fetch": 1}, "Recovering"),
    ],
)
def test_it_waits_for_what_gets_better_by_itself(status: str, numbers: dict[str, int], reason: str) -> None:
    assert waits_for(with_cluster(outdated(running()), health=health(status, **numbers))) == reason


def test_a_yellow_that_stays_is_no_reason_to_wait_for_ever() -> None:
    assert restarted(with_cluster(outdated(running()), health=health("yellow", unassigned_shards=3)))


def test_the_last_started_copy_is_not_stopped() -> None:
    only = copies("i", "c-es-all-2", "")
    seen = with_cluster(outdated(running(), "c-es-all-2"), copies=only, health=health("yellow", unassigned_shards=1))
    assert waits_for(seen) == "LastShardCopy"
    assert restarted(with_cluster(outdated(running()), copies=only)) == "c-es-all-1", "another one may go meanwhile"


def test_a_copy_that_moves_is_not_counted() -> None:
    moving = (*copies("i", "c-es-all-2"), *copies("i", "c-es-all-1", state="RELOCATING"))
    seen = with_cluster(outdated(running(), "c-es-all-2"), copies=moving)
    assert waits_for(seen) == "LastShardCopy"


def test_an_index_without_replicas_may_be_away_for_a_moment() -> None:
    seen = with_cluster(outdated(running(), "c-es-all-2"), copies=copies("i", "c-es-all-2"))
    assert restarted(seen) == "c-es-all-2"


def test_nothing_else_goes_until_the_node_is_back() -> None:
    seen = outdated(running(), "c-es-all-0", "c-es-all-1")
    assert seen.cluster is not None
    away = tuple(n for n in seen.cluster.nodes if n.name != "c-es-all-2")
    young = tuple(pod(p.name, p.group, created=NOW - 5, ready=False) if p.name.endswith("2") else p for p in seen.pods)
    waiting = with_cluster(replaced(seen, pods=young), nodes=away, settings={ALLOCATION: "primaries"})
    assert waits_for(waiting) == "NodesStart"
    ending = pod("c-es-all-2", "c-es-all", leaving=True, ends=NOW + 100)
    held = with_cluster(seen, settings={ALLOCATION: "primaries"})
    assert waits_for(replaced(held, pods=(*held.pods[:2], ending))) == "RestartUnderWay"
    between_two_pods = replaced(with_cluster(held, nodes=away), pods=held.pods[:2])
    assert waits_for(between_two_pods) == "NodesStart"


def test_the_next_node_waits_until_the_last_one_serves_its_clients_again() -> None:
    seen = outdated(running(), "c-es-all-0", "c-es-all-1")
    joined = tuple(msgspec.structs.replace(p, ready=not p.name.endswith("2")) for p in seen.pods)
    assert waits_for(replaced(seen, pods=joined)) == "PodsNotReady"


def test_a_pod_that_is_not_ready_and_outdated_may_be_what_the_change_mends() -> None:
    seen = outdated(running(), "c-es-all-1")
    unready = tuple(msgspec.structs.replace(p, ready=not p.name.endswith("1")) for p in seen.pods)
    assert restarted(replaced(seen, pods=unready)) == "c-es-all-1"


def test_allocation_is_put_back_once_the_node_is_there() -> None:
    seen = with_cluster(running(), settings={ALLOCATION: "primaries"})
    assert next_calls(seen) == [EnableAllocation(None)]
    assert next_calls(with_cluster(outdated(running()), settings={ALLOCATION: "primaries"})) == [EnableAllocation(None)]


def test_allocation_is_put_back_when_the_node_stays_away() -> None:
    seen = with_cluster(running(), settings={ALLOCATION: "primaries"})
    assert seen.cluster is not None
    away = tuple(n for n in seen.cluster.nodes if n.name != "c-es-all-2")
    assert next_calls(with_cluster(seen, nodes=away)) == [EnableAllocation(None)]


def test_what_a_person_turned_off_is_left_off() -> None:
    seen = with_cluster(outdated(running()), settings={ALLOCATION: "none"})
    assert waits_for(seen) == "AllocationDisabled"


def test_a_leaving_node_is_never_restarted() -> None:
    seen = asks_for(outdated(running(), "c-es-all-2"), spec_of(node_set(count=2)))
    assert seen.outdated == ()


def test_a_pod_that_cannot_start_is_replaced_without_the_checks() -> None:
    seen = outdated(running(), "c-es-all-1")
    broken = tuple(
        pod(p.name, p.group, revision=p.revision, ready=False, trouble="ImagePullBackOff: no such image")
        if p.name == "c-es-all-1" else p
        for p in seen.pods
    )  # fmt: skip
    assert seen.cluster is not None
    joined = tuple(n for n in seen.cluster.nodes if n.name != "c-es-all-1")
    stuck = with_cluster(replaced(seen, pods=broken), nodes=joined, health=health("red"))
    assert next_calls(stuck) == [ReplaceBrokenPod("c-es-all-1", "uid-c-es-all-1")]
    still_answering = with_cluster(replaced(seen, pods=broken))
    assert ReplaceBrokenPod("c-es-all-1", "uid-c-es-all-1") not in next_calls(still_answering)


def test_a_pod_that_just_starts_is_not_broken() -> None:
    seen = outdated(running(), "c-es-all-1")
    starting = tuple(pod(p.name, p.group, revision=p.revision, ready=False) for p in seen.pods)
    assert waits_for(replaced(seen, pods=starting, cluster=None)) == "WaitingForPods"


def test_a_look_at_a_healthy_cluster_costs_four_requests_a_minute() -> None:
    plan = analyze(running())
    assert plan.look_again == 60.0
    assert plan.reasons == ()
