"""Against a real API server without nodes: what is made, when it is made again, and what is left alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from kubernetes import client as official

from tests.integration.prom.conftest import Process, Space, eventually, found

Start = Callable[..., Process]
SELECTING = {"serviceMonitorSelector": {"matchLabels": {"team": "a"}}, "ruleSelector": {}, "replicas": 0}
MONITOR = {"selector": {"matchLabels": {"app": "x"}}, "endpoints": [{"port": "web", "interval": "30s"}]}
BASIC = {"username": {"name": "s", "key": "u"}, "password": {"name": "s", "key": "p"}}
STORAGE = {"volumeClaimTemplate": {"spec": {"resources": {"requests": {"storage": "1Gi"}}}}}


def jobs(space: Space, name: str = "p") -> int:
    return space.configuration(name).count("job_name:")


def test_create_touch_and_take_away(space: Space, start: Start) -> None:
    start(space)
    space.create("Prometheus", "p", SELECTING)
    space.create("ServiceMonitor", "m", MONITOR, team="a")
    space.create("ServiceMonitor", "other", MONITOR, team="b")
    eventually(lambda: space.stateful_set() and jobs(space) == 1, lambda: space.configuration())
    space.edit("ServiceMonitor", "m", {"spec": {"endpoints": [{"port": "web", "interval": "31s"}]}})
    eventually(lambda: "scrape_interval: 31s" in space.configuration())
    space.edit("ServiceMonitor", "other", {"metadata": {"labels": {"team": "a"}}})
    eventually(lambda: jobs(space) == 2)
    space.delete("ServiceMonitor", "m")
    eventually(lambda: jobs(space) == 1)


def test_the_status(space: Space, start: Start) -> None:
    start(space)
    space.create("Prometheus", "p", SELECTING)
    eventually(lambda: space.condition("p", "Available").get("status") == "True")
    status = space.read("Prometheus", "p")["status"]
    assert status["observedGeneration"] == 1
    assert status["paused"] is False
    assert status["shardStatuses"] == [
        {"shardID": "0", "replicas": 0, "updatedReplicas": 0, "availableReplicas": 0, "unavailableReplicas": 0}
    ]
    assert space.condition("p", "Reconciled")["status"] == "True"
    assert space.condition("p", "ConfigurationComplete")["status"] == "True"


def test_a_wrong_monitor_is_named_and_the_rest_stays_live(space: Space, start: Start) -> None:
    start(space)
    space.create("Prometheus", "p", SELECTING)
    space.create("ServiceMonitor", "right", MONITOR, team="a")
    wrong = {**MONITOR, "endpoints": [{"port": "web", "relabelings": [{"regex": "("}]}]}
    space.create("ServiceMonitor", "wrong", wrong, team="a")
    eventually(lambda: space.condition("p", "ConfigurationComplete").get("status") == "False")
    assert jobs(space) == 1
    message = space.condition("p", "ConfigurationComplete")["message"]
    assert f"ServiceMonitor {space.name}/wrong: endpoints[0].relabelings[0]" in message
    eventually(
        lambda: any(e.startswith("Warning InvalidRelabeling") for e in space.events("p")), lambda: space.events("p")
    )
    space.edit("ServiceMonitor", "wrong", {"spec": {"endpoints": [{"port": "web"}]}})
    eventually(lambda: space.condition("p", "ConfigurationComplete")["status"] == "True" and jobs(space) == 2)


def test_a_wrong_rule_is_named_and_the_rest_stays_live(space: Space, start: Start) -> None:
    start(space)
    space.create("Prometheus", "p", SELECTING)
    space.create("PrometheusRule", "right", {"groups": [{"name": "g", "rules": [{"record": "a", "expr": "1"}]}]})
    space.create("PrometheusRule", "wrong", {"groups": [{"name": "g", "rules": [{"record": "a", "expr": "foo{"}]}]})

    def files() -> list[str]:
        config_map = found(lambda: space.core.read_namespaced_config_map("prometheus-p-rulefiles-0", space.name))
        return list((config_map.data or {}) if config_map else {})

    eventually(lambda: [f.startswith(f"{space.name}-right-") for f in files()] == [True], files)
    eventually(lambda: "PrometheusRule" in space.condition("p", "ConfigurationComplete").get("message", ""))


def test_secrets_come_change_and_go(space: Space, start: Start) -> None:
    start(space)
    space.create("Prometheus", "p", SELECTING)
    space.create("ServiceMonitor", "m", {**MONITOR, "endpoints": [{"port": "web", "basicAuth": BASIC}]}, team="a")
    eventually(lambda: space.condition("p", "ConfigurationComplete").get("reason") == "ReferenceMissing")
    space.core.create_namespaced_secret(
        space.name, {"metadata": {"name": "s"}, "stringData": {"u": "me", "p": "first"}}
    )
    eventually(lambda: "password: first" in space.configuration())
    space.core.patch_namespaced_secret("s", space.name, {"stringData": {"p": "second"}})
    eventually(lambda: "password: second" in space.configuration())
    space.core.delete_namespaced_secret("s", space.name)
    eventually(lambda: jobs(space) == 0)
    assert "first" not in "".join(space.events("p")) + str(space.read("Prometheus", "p"))


def test_other_namespaces_by_their_labels(spaces: Callable[..., Space], start: Start) -> None:
    home, away = spaces(), spaces()
    start(home, away)
    everywhere = {
        "serviceMonitorSelector": {},
        "serviceMonitorNamespaceSelector": {"matchLabels": {"watched": home.name}},
    }
    home.create("Prometheus", "p", {"replicas": 0, **everywhere})
    away.create("ServiceMonitor", "m", MONITOR)
    eventually(lambda: "scrape_configs: []" in home.configuration())
    away.core.patch_namespace(away.name, {"metadata": {"labels": {"watched": home.name}}})
    eventually(lambda: f"job_name: serviceMonitor/{away.name}/m/0" in home.configuration())
    away.core.patch_namespace(away.name, {"metadata": {"labels": {"watched": None}}})
    eventually(lambda: "scrape_configs: []" in home.configuration())


def test_a_second_look_writes_nothing(space: Space, start: Start) -> None:
    first = start(space)
    space.create(
        "Prometheus", "p", {**SELECTING, "storage": STORAGE, "podMetadata": {"labels": {"x": "y"}}, "shards": 2}
    )
    space.create("ServiceMonitor", "m", {**MONITOR, "endpoints": [{"port": "web", "basicAuth": BASIC}]}, team="a")
    space.create("ServiceMonitor", "wrong", {**MONITOR, "endpoints": [{"port": "("}]}, team="a")
    space.create("PrometheusRule", "r", {"groups": [{"name": "g", "rules": [{"record": "a", "expr": "1"}]}]})
    space.core.create_namespaced_secret(space.name, {"metadata": {"name": "s"}, "stringData": {"u": "me", "p": "x"}})
    eventually(lambda: "password: x" in space.configuration())
    eventually(lambda: space.condition("p", "Available").get("status") == "True")
    time.sleep(3)
    before, written = space.versions(), first.writes()
    time.sleep(5)
    assert first.writes() == written
    first.stop()
    second = start(space)
    time.sleep(5)
    assert second.writes() == 0
    assert space.versions() == before


def test_what_somebody_changes_is_put_right(space: Space, start: Start) -> None:
    start(space)
    space.create("Prometheus", "p", {**SELECTING, "replicas": 0})
    eventually(space.stateful_set)
    space.apps.patch_namespaced_stateful_set("prometheus-p", space.name, {"spec": {"replicas": 3}})
    eventually(lambda: space.stateful_set().spec.replicas == 0)
    space.core.delete_namespaced_secret("prometheus-p", space.name)
    eventually(space.configuration)
    space.core.delete_namespaced_service("prometheus-operated", space.name)
    eventually(lambda: found(lambda: space.core.read_namespaced_service("prometheus-operated", space.name)))


def test_paused(space: Space, start: Start) -> None:
    start(space)
    space.create("Prometheus", "p", SELECTING)
    eventually(space.configuration)
    space.edit("Prometheus", "p", {"spec": {"paused": True}})
    eventually(lambda: space.read("Prometheus", "p").get("status", {}).get("paused"))
    space.create("ServiceMonitor", "m", MONITOR, team="a")
    time.sleep(1)
    assert jobs(space) == 0
    space.edit("Prometheus", "p", {"spec": {"paused": False}})
    eventually(lambda: jobs(space) == 1)


def test_a_refused_edit_changes_nothing(space: Space, start: Start) -> None:
    start(space)
    space.create("Prometheus", "p", {**SELECTING, "storage": STORAGE})
    eventually(space.stateful_set)
    smaller = {"volumeClaimTemplate": {"spec": {"resources": {"requests": {"storage": "1Mi"}}}}}
    space.edit("Prometheus", "p", {"spec": {"storage": smaller, "replicas": 5}})
    eventually(lambda: space.condition("p", "Accepted").get("reason") == "StorageShrinks")
    assert space.stateful_set().spec.replicas == 0
    space.edit("Prometheus", "p", {"spec": {"storage": STORAGE, "replicas": 0}})
    eventually(lambda: space.condition("p", "Accepted")["status"] == "True")


def test_a_larger_claim_makes_the_stateful_set_anew(space: Space, start: Start) -> None:
    start(space)
    space.create("Prometheus", "p", {**SELECTING, "storage": STORAGE})
    before = eventually(space.stateful_set)
    larger = {"volumeClaimTemplate": {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}}
    space.edit("Prometheus", "p", {"spec": {"storage": larger}})

    def after() -> Any:
        live = space.stateful_set()
        return live if live is not None and live.metadata.uid != before.metadata.uid else None

    live = eventually(after)
    assert live.spec.volume_claim_templates[0].spec.resources.requests["storage"] == "2Gi"


def test_fewer_shards(space: Space, start: Start) -> None:
    start(space)
    space.create("Prometheus", "p", {**SELECTING, "shards": 3})
    eventually(lambda: space.stateful_set("prometheus-p-shard-2"))
    space.edit("Prometheus", "p", {"spec": {"shards": 1}})
    eventually(lambda: space.stateful_set("prometheus-p-shard-2") is None)
    eventually(lambda: space.stateful_set("prometheus-p-shard-1") is None)
    assert space.stateful_set() is not None


def test_many_share_one_service_and_none_has_a_finalizer(space: Space, start: Start) -> None:
    start(space)
    for i in range(5):
        space.create("Prometheus", f"p{i}", {"replicas": 0})
    eventually(lambda: all(space.configuration(f"p{i}") for i in range(5)))

    def owners() -> list[str]:
        service = space.core.read_namespaced_service("prometheus-operated", space.name)
        return sorted(o.name for o in service.metadata.owner_references or [])

    eventually(lambda: owners() == [f"p{i}" for i in range(5)], owners)
    for secret in space.core.list_namespaced_secret(space.name).items:
        assert not secret.metadata.finalizers
    assert not space.read("Prometheus", "p0")["metadata"].get("finalizers")
    space.delete("Prometheus", "p0")
    eventually(lambda: space.stateful_set("prometheus-p0") is None, seconds=60)
    assert space.stateful_set("prometheus-p1") is not None


def test_crds_of_somebody_else_are_left_alone(space: Space, start: Start, api: Any) -> None:
    extensions = official.ApiextensionsV1Api(api)
    name, label = "servicemonitors.monitoring.coreos.com", "app.kubernetes.io/managed-by"
    start(space).stop()

    def relabel(value: str | None) -> Any:
        return extensions.patch_custom_resource_definition(name, {"metadata": {"labels": {label: value}}})

    other = relabel("somebody-else")
    try:
        start(space)
        space.create("Prometheus", "p", SELECTING)
        space.create("ServiceMonitor", "m", MONITOR, team="a")
        eventually(lambda: jobs(space) == 1)
        now = extensions.read_custom_resource_definition(name)
        assert now.metadata.resource_version == other.metadata.resource_version
    finally:
        relabel("triad")


def test_nothing_that_users_write_is_pruned(space: Space, start: Start) -> None:
    start(space)
    spec = {
        **MONITOR, "futureField": {"a": [1]},
        "endpoints": [{"port": "web", "futureField": "x", "tlsConfig": {"future": True},
                       "relabelings": [{"future": 1}]}],
    }  # fmt: skip
    space.create("ServiceMonitor", "m", spec)
    space.create("Prometheus", "p", {"replicas": 0, "futureField": 1, "alerting": {"alertmanagers": [], "future": 1}})
    kept = space.read("ServiceMonitor", "m")["spec"]
    assert kept == spec
    assert space.read("Prometheus", "p")["spec"]["alerting"]["future"] == 1


def test_a_stateful_set_of_prometheus_operator_is_taken_over(space: Space, start: Start) -> None:
    """Its selector and the fields that cannot be changed are the same, so it is neither refused nor made anew."""
    labels = {
        "app.kubernetes.io/name": "prometheus", "app.kubernetes.io/managed-by": "prometheus-operator",
        "app.kubernetes.io/instance": "p", "prometheus": "p", "operator.prometheus.io/shard": "0",
        "operator.prometheus.io/name": "p",
    }  # fmt: skip
    made = space.create("Prometheus", "p", {**SELECTING, "paused": True, "storage": STORAGE})
    owner = {
        "apiVersion": made["apiVersion"], "kind": "Prometheus", "name": "p", "uid": made["metadata"]["uid"],
        "controller": True, "blockOwnerDeletion": True,
    }  # fmt: skip
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    theirs = {
        "metadata": {"name": "prometheus-p", "labels": labels, "ownerReferences": [owner]},
        "spec": {
            "replicas": 0, "serviceName": "prometheus-operated", "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "prometheus", "image": "quay.io/prometheus/prometheus:v3.4.0"}]},
            },
            "volumeClaimTemplates": [{"metadata": {"name": "prometheus-p-db"}, "spec": claim}],
        },
    }  # fmt: skip
    before = space.apps.create_namespaced_stateful_set(space.name, theirs, field_manager="PrometheusOperator")
    start(space)
    space.edit("Prometheus", "p", {"spec": {"paused": False}})
    eventually(lambda: len(space.stateful_set().spec.template.spec.containers) == 2)
    live = space.stateful_set()
    assert live.metadata.uid == before.metadata.uid
    assert live.spec.template.spec.containers[0].image == "quay.io/prometheus/prometheus:v3.5.0"
