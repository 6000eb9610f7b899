"""What is done next, and what is said of it."""

from typing import Any

import pytest

from common.control.plan import Call, Condition, Delete, Plan
from prom_operator.calls import RefreshPods
from prom_operator.told import ROUNDS, Told
from tests.unit.prom.worlds import (
    EVERYTHING,
    Cluster,
    Manifest,
    applied,
    one,
    prometheus,
    refusal,
    rules,
    service_monitor,
)  # fmt: skip

STORAGE = {"volumeClaimTemplate": {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}}
LARGER = {"volumeClaimTemplate": {"spec": {"resources": {"requests": {"storage": "3Gi"}}}}}
SMALLER = {"volumeClaimTemplate": {"spec": {"resources": {"requests": {"storage": "1Gi"}}}}}


def condition(plan: Plan, type_: str) -> Condition:
    return next(c for c in plan.conditions if c.type == type_)


def deletes(plan: Plan) -> list[Delete]:
    return [s.action for s in plan.steps if isinstance(s.action, Delete)]


def refreshed(plan: Plan) -> list[str]:
    return [name for s in plan.steps if isinstance(s.action, RefreshPods) for name, _ in s.action.pods]


def pod(name: str, told: str = "", **status: Any) -> Manifest:
    labels = {"triad.dev/kind": "Prometheus.monitoring.coreos.com", "app.kubernetes.io/instance": "p"}
    annotations = {"triad.dev/configuration": told} if told else {}
    metadata = {
        "name": name,
        "namespace": "default",
        "uid": f"uid-{name}",
        "labels": labels,
        "annotations": annotations,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": {"phase": "Running", **status}}


def running(cluster: Cluster, name: str = "prometheus-p", **status: int) -> None:
    """The StatefulSet controller reports."""
    plan = cluster.plan()
    live = one(plan, "StatefulSet", name)
    metadata = {**live["metadata"], "uid": f"uid-{name}", "generation": 1}
    cluster.put({**live, "metadata": metadata, "status": {"observedGeneration": 1, **status}})


def test_a_new_prometheus_gets_all_its_objects_files_first() -> None:
    plan = Cluster(prometheus(**EVERYTHING)).plan()
    assert [(m["kind"], m["metadata"]["name"]) for m in applied(plan)] == [
        ("Secret", "prometheus-p"),
        ("ConfigMap", "prometheus-p-rulefiles-0"),
        ("StatefulSet", "prometheus-p"),
        ("Service", "prometheus-operated"),
    ]
    assert all(m["metadata"]["namespace"] == "default" for m in applied(plan))
    assert plan.look_again is None


def test_every_object_but_the_shared_service_belongs_to_it() -> None:
    for manifest in applied(Cluster(prometheus(**EVERYTHING)).plan())[:-1]:
        (owner,) = manifest["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["uid"], owner["controller"]) == ("Prometheus", "uid-p", True)
        assert manifest["metadata"]["labels"]["app.kubernetes.io/instance"] == "p"


def test_paused() -> None:
    cluster = Cluster(prometheus(paused=True, **EVERYTHING))
    plan = cluster.plan()
    assert plan.steps == ()
    assert plan.status["paused"] is True
    assert condition(plan, "Reconciled").reason == "Paused"


def test_nothing_is_made_in_a_namespace_that_ends() -> None:
    cluster = Cluster(prometheus(**EVERYTHING))
    metadata = {"name": "default", "deletionTimestamp": "2026-01-01T00:00:00Z"}
    cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    assert cluster.plan().steps == ()


def test_paused_goes_before_refused() -> None:
    assert refusal(paused=True, version="nonsense") == ""


def test_available_counts_every_shard() -> None:
    cluster = Cluster(prometheus(replicas=2, shards=2))
    cluster.settle()
    running(cluster, replicas=2, updatedReplicas=2, availableReplicas=2)
    running(cluster, "prometheus-p-shard-1", replicas=2, updatedReplicas=1, availableReplicas=1)
    plan = cluster.plan()
    assert condition(plan, "Available").status == "False"
    assert condition(plan, "Available").message == "3 of 4 pods are available"
    assert plan.status["shardStatuses"][1] == {
        "shardID": "1", "replicas": 2, "updatedReplicas": 1, "availableReplicas": 1, "unavailableReplicas": 1,
    }  # fmt: skip
    running(cluster, "prometheus-p-shard-1", replicas=2, updatedReplicas=2, availableReplicas=2)
    assert condition(cluster.plan(), "Available").status == "True"


def test_no_replicas_are_available_at_once() -> None:
    assert condition(Cluster(prometheus(replicas=0)).plan(), "Available").status == "True"


def test_resize_changes_replicas_and_nothing_else() -> None:
    cluster = Cluster(prometheus(replicas=1))
    before = one(cluster.settle(), "StatefulSet", "prometheus-p")
    cluster.put(prometheus(replicas=3))
    after = one(cluster.plan(), "StatefulSet", "prometheus-p")
    assert after["spec"] == {**before["spec"], "replicas": 3}


def test_running_pods_hear_of_a_new_configuration_once() -> None:
    cluster = Cluster(prometheus(**EVERYTHING), service_monitor("a"))
    cluster.settle()
    cluster.put(pod("prometheus-p-0"))
    cluster.put(pod("prometheus-p-1", phase="Pending"))
    plan = cluster.plan()
    assert refreshed(plan) == ["prometheus-p-0"]
    (call,) = [s.action for s in plan.steps if isinstance(s.action, Call)]
    assert isinstance(call, RefreshPods)
    assert isinstance(plan.steps[-1].action, Call), "the pods are told after the files are written"
    told = Told(call.told.digest, len(ROUNDS) - 1, call.told.at)
    cluster.put(pod("prometheus-p-0", told=str(told)))
    assert refreshed(cluster.plan()) == []
    assert cluster.plan().look_again is None
    cluster.put(service_monitor("b"))
    assert refreshed(cluster.plan()) == ["prometheus-p-0"]


def test_a_kubelet_that_was_ahead_of_its_secret_is_told_again() -> None:
    cluster = Cluster(prometheus())
    cluster.settle()
    cluster.put(pod("prometheus-p-0"))
    (call,) = [s.action for s in cluster.plan().steps if isinstance(s.action, RefreshPods)]
    times = []
    now = call.told.at
    for _ in range(len(ROUNDS) - 1):
        cluster.put(pod("prometheus-p-0", told=str(call.told)))
        plan = cluster.plan()
        assert refreshed(plan) == []
        assert plan.look_again is not None
        now += plan.look_again
        times.append(now - call.told.at)
        cluster.time = now
        (call,) = [s.action for s in cluster.plan().steps if isinstance(s.action, RefreshPods)]
    assert times == [5]
    cluster.put(pod("prometheus-p-0", told=str(call.told)))
    assert cluster.plan().look_again is None


def test_a_new_configuration_does_not_touch_the_pod_template() -> None:
    cluster = Cluster(prometheus(**EVERYTHING))
    before = one(cluster.plan(), "StatefulSet", "prometheus-p")
    cluster.put(service_monitor())
    cluster.put(rules("r", {"record": "a", "expr": "1"}))
    assert one(cluster.plan(), "StatefulSet", "prometheus-p") == before


@pytest.mark.parametrize(
    "change",
    [{"storage": LARGER}, {"serviceName": "mine"}, {"podManagementPolicy": "OrderedReady"}, {"storage": None}],
)
def test_what_cannot_be_changed_is_made_anew_with_its_pods_running(change: dict[str, Any]) -> None:
    cluster = Cluster(prometheus(storage=STORAGE))
    cluster.settle()
    assert deletes(cluster.plan()) == []
    cluster.put(prometheus(**{"storage": STORAGE, **change}))
    plan = cluster.plan()
    (delete,) = deletes(plan)
    assert (delete.kind, delete.name, delete.propagation) == ("StatefulSet", "prometheus-p", "Orphan")
    assert delete.uid == "uid-prometheus-p"
    assert applied(plan) == []


def test_volumes_do_not_shrink() -> None:
    cluster = Cluster(prometheus(storage=STORAGE))
    cluster.settle()
    cluster.put(prometheus(storage=SMALLER))
    plan = cluster.plan()
    assert plan.refused
    assert plan.reasons[0].code == "StorageShrinks"


def test_never_back_over_the_change_of_format() -> None:
    cluster = Cluster(prometheus(version="v3.5.0"))
    cluster.settle()
    cluster.put(prometheus(version="v2.53.0"))
    assert cluster.plan().reasons[0].code == "DowngradeNotPossible"
    cluster.put(prometheus(version="v2.55.0"))
    assert not cluster.plan().refused


def test_surplus_shards_go() -> None:
    cluster = Cluster(prometheus(shards=2))
    cluster.settle()
    cluster.put(prometheus(shards=1))
    assert [(d.kind, d.name) for d in deletes(cluster.plan())] == [("StatefulSet", "prometheus-p-shard-1")]


def test_surplus_files_go_when_no_pod_mounts_them_any_more() -> None:
    long = {"alert": "a", "expr": "up", "annotations": {"x": "y" * 400_000}}
    cluster = Cluster(prometheus(**EVERYTHING), rules("a", long), rules("b", long))
    cluster.settle()
    cluster.put(rules("b", {"record": "a", "expr": "1"}))
    running(cluster, replicas=1, updatedReplicas=0)
    assert deletes(cluster.plan()) == []
    running(cluster, replicas=1, updatedReplicas=1)
    assert [d.name for d in deletes(cluster.plan())] == ["prometheus-p-rulefiles-1"]


def test_the_service_is_shared() -> None:
    cluster = Cluster(prometheus("a"), prometheus("b"))
    first = one(cluster.settle("a"), "Service", "prometheus-operated")
    assert [o["name"] for o in first["metadata"]["ownerReferences"]] == ["a", "b"]
    assert not any(o.get("controller") for o in first["metadata"]["ownerReferences"])
    new = prometheus("c")
    new["metadata"]["creationTimestamp"] = "2027-01-15T08:00:00Z"
    cluster.put(new)
    assert one(cluster.plan("a"), "Service", "prometheus-operated") == first, "not written again by who is in it"
    assert one(cluster.plan("c"), "Service", "prometheus-operated") == first, "others may be about to come"
    wait = cluster.plan("c").look_again
    assert wait is not None
    assert 3 <= wait <= 6
    cluster.time += wait
    third = one(cluster.plan("c"), "Service", "prometheus-operated")
    assert [o["name"] for o in third["metadata"]["ownerReferences"]] == ["a", "b", "c"]


def test_fields_that_nothing_is_done_with_are_named() -> None:
    plan = Cluster(prometheus(thanos={"version": "v0.30.0"}, probeSelector={}, **EVERYTHING)).plan()
    assert condition(plan, "FieldsNotActedOn").message.endswith("spec.thanos, spec.probeSelector")
    assert not [c for c in Cluster(prometheus()).plan().conditions if c.type == "FieldsNotActedOn"]


@pytest.mark.parametrize("name", ["x" * 42, "a.b"])
def test_names_that_pods_cannot_carry_are_refused(name: str) -> None:
    plan = Cluster(prometheus(name)).plan(name)
    assert plan.refused
    assert plan.reasons[0].code in ("NameTooLong", "NameNotUsable")


def test_the_longest_name() -> None:
    assert not Cluster(prometheus("x" * 41)).plan("x" * 41).refused
