"""Losses: what is waited for, and what is only said."""

from es_operator.analyze import analyze
from es_operator.calls import SetMinimumMasters
from es_operator.objects import budget
from es_operator.observation import MINIMUM_MASTERS, Cluster
from es_operator.rules.size import replicas_now
from tests.unit.es.worlds import (
    NOW,
    asks_for,
    copies,
    health,
    new,
    next_calls,
    node_set,
    pod,
    replaced,
    running,
    spec_of,
    waits_for,
    with_cluster,
)  # fmt: skip


def test_all_nodes_stopped_at_once_is_no_loss() -> None:
    stopped = replaced(running(), pods=(), cluster=None)
    assert waits_for(stopped) == "WaitingForPods"
    assert analyze(stopped).look_again is None, "every change that matters arrives by a watch"


def test_a_cluster_that_does_not_answer_is_left_alone() -> None:
    assert waits_for(replaced(running(), cluster=None)) == "NotAnswering"


def test_no_master_is_first_waited_for_and_then_explained() -> None:
    assert waits_for(with_cluster(running(), health=None)) == "NoMaster"
    long = tuple(pod(p.name, p.group, ready_since=NOW - 3600) for p in running().pods)
    assert waits_for(with_cluster(replaced(running(), pods=long), health=None)) == "NoMasterElected"


def test_red_names_the_shard() -> None:
    seen = with_cluster(running(), health=health("red"), copies=copies("orders", ""))
    plan = analyze(seen)
    assert plan.reasons[0].code == "Red"
    assert "orders[0]" in plan.reasons[0].message
    available = next(c for c in plan.conditions if c.type == "Available")
    assert (available.status, available.reason) == ("False", "Red")


def test_why_a_pod_does_not_start_is_passed_on() -> None:
    broken = tuple(pod(p.name, p.group, ready=False, trouble="ErrImagePull: no such host") for p in running().pods)
    plan = analyze(replaced(running(), pods=broken, cluster=None))
    assert "no such host" in plan.reasons[0].message


def test_evictions_follow_the_health() -> None:
    def allowed(seen: object) -> int:
        return int(budget(seen)["spec"]["maxUnavailable"])  # type: ignore[arg-type]

    assert allowed(running()) == 1
    assert allowed(with_cluster(running(), health=health("yellow"))) == 0
    assert allowed(replaced(running(), cluster=None)) == 0
    assert allowed(running(spec_of(node_set(count=1)))) == 0, "the only one of its kind"


def test_before_7_the_majority_is_raised_before_masters_come() -> None:
    old = running(spec_of(version="6.8.23"))
    seen = asks_for(with_cluster(old, settings={MINIMUM_MASTERS: "2"}), spec_of(node_set(count=5), version="6.8.23"))
    assert next_calls(seen) == [SetMinimumMasters(3)]
    assert replicas_now(seen, seen.layout.groups[0]) == 3
    raised = with_cluster(seen, settings={MINIMUM_MASTERS: "3"})
    assert replicas_now(raised, raised.layout.groups[0]) == 5


def test_a_new_one_needs_nothing_of_the_kind() -> None:
    assert replicas_now(new(), new().layout.groups[0]) == 3


def test_paused_means_hands_off() -> None:
    seen = asks_for(running(), spec_of(node_set(count=1), paused=True))
    plan = analyze(seen)
    assert plan.steps == ()
    assert any(c.type == "Paused" for c in plan.conditions)


def test_a_node_without_an_answer_is_told_from_one_without_a_master() -> None:
    assert waits_for(replaced(running(), cluster=Cluster(uuid=""))) == "NoMaster"
