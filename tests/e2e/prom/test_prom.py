"""Real Prometheus servers on a real node: they scrape, reload without a restart, grow, shrink and keep their data."""

from __future__ import annotations

import time
from typing import Any

from deploy.install.cluster import Cluster, pod_is_ready
from deploy.install.operators import Installation
from deploy.install.waiting import State, eventually
from tests.e2e.prom.conftest import Server

STORAGE = {"volumeClaimTemplate": {"spec": {"resources": {"requests": {"storage": "1Gi"}}}}}
ITSELF = {
    "selector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}},
    "podMetricsEndpoints": [{"port": "web"}],
}
SERVICE = {"selector": {"matchLabels": {"operated-prometheus": "true"}}, "endpoints": [{"port": "web"}]}
RELOADED_WITHIN = 8  # seconds, on a busy machine; a kubelet that is not told takes 60 to 90


def rule(name: str) -> dict[str, Any]:
    return {"groups": [{"name": "g", "rules": [{"record": name, "expr": "vector(1)"}]}]}


def up(server: Server, job: str, count: int = 1, pod: str | None = None) -> State:
    targets = server.targets(pod)
    return State(targets.get(job) == ["up"] * count, f"{job} of {targets}")


def test_it_scrapes_what_it_selects(server: Server) -> None:
    server.create()
    server.apply("PodMonitor", "itself", ITSELF)
    server.apply("ServiceMonitor", "service", SERVICE)
    server.wait()
    namespace = server.namespace
    eventually(lambda: up(server, f"podMonitor/{namespace}/itself/0"), 60)
    eventually(lambda: up(server, f"serviceMonitor/{namespace}/service/0"), 60)
    labels = server.query(f'up{{job="{namespace}/itself"}}')[0]["metric"]
    assert labels["pod"] == "prometheus-p-0"
    assert labels["container"] == "prometheus"
    assert labels["endpoint"] == "web"
    assert server.query('up{job="prometheus-operated"} == 1')


def test_a_change_is_loaded_without_a_restart_and_at_once(server: Server) -> None:
    server.create()
    server.wait()
    took = []
    for i in range(3):
        began = time.monotonic()
        server.apply("PodMonitor", f"m{i}", ITSELF)
        job = f"podMonitor/{server.namespace}/m{i}/0"
        eventually(lambda job=job: State(job in server.configuration(), "not loaded yet"), RELOADED_WITHIN)  # type: ignore[misc]
        took.append(time.monotonic() - began)
    print(f"from the edit to a loaded configuration: {', '.join(f'{t:.1f} s' for t in took)}")
    server.apply("PrometheusRule", "r", rule("a:one"))
    eventually(lambda: State(bool(server.query("a:one")), "the rule has no result yet"), RELOADED_WITHIN)
    server.apply("PrometheusRule", "r", rule("a:other"))
    eventually(lambda: State(bool(server.query("a:other")), "the rule has no result yet"), RELOADED_WITHIN)
    assert server.restarts() == 0
    assert server.ask("/api/v1/status/runtimeinfo")["reloadConfigSuccess"] is True


def test_one_wrong_monitor_and_rule_keep_nothing_from_loading(server: Server) -> None:
    server.create()
    server.wait()
    server.apply("PodMonitor", "wrong", {**ITSELF, "podMetricsEndpoints": [{"port": "("}]})
    server.apply("PodMonitor", "variable", {**ITSELF, "podMetricsEndpoints": [{"port": "web", "path": "/$(HOME)"}]})
    server.apply("PrometheusRule", "wrong", {"groups": [{"name": "g", "rules": [{"record": "a", "expr": "foo{"}]}]})
    server.apply("PodMonitor", "right", ITSELF)
    eventually(lambda: up(server, f"podMonitor/{server.namespace}/right/0"), 60)
    conditions = {c["type"]: c for c in server.resource()["status"]["conditions"]}
    message = conditions["ConfigurationComplete"]["message"]
    assert all(f"{server.namespace}/{name}" in message for name in ("wrong", "variable"))
    assert f"{server.namespace}/right" not in message


def test_resize_up_and_down(server: Server) -> None:
    server.create()
    server.apply("PodMonitor", "itself", ITSELF)
    server.wait(1)
    first = server.pods()[0]["metadata"]["uid"]
    server.edit(replicas=3)
    server.wait(3)
    eventually(lambda: up(server, f"podMonitor/{server.namespace}/itself/0", 3, "prometheus-p-2"), 60)
    server.edit(replicas=2)
    server.wait(2)
    assert server.pods()[0]["metadata"]["uid"] == first, "the first replica ran on"


def test_data_outlives_its_pod(server: Server, cluster: Cluster) -> None:
    server.create(storage=STORAGE)
    server.apply("PrometheusRule", "r", rule("a:one"))
    server.wait()
    eventually(lambda: State(bool(server.query("a:one")), "no sample yet"), 60)
    began = float(server.query("timestamp(a:one)")[0]["value"][1])
    cluster.delete("v1", "Pod", server.namespace, "prometheus-p-0")
    time.sleep(1)
    server.wait()
    eventually(lambda: State(bool(server.query(f"a:one @ {began}")), "not there after the restart"), 60)


def test_a_change_of_the_pods_goes_one_at_a_time(server: Server) -> None:
    server.create(replicas=2)
    server.wait(2)
    before = {p["metadata"]["uid"] for p in server.pods()}
    server.edit(podMetadata={"labels": {"changed": "yes"}})
    lowest = 2

    def rolled() -> State:
        nonlocal lowest
        pods = server.pods()
        ready = sum(map(pod_is_ready, pods))
        lowest = min(lowest, ready)
        anew = {p["metadata"]["uid"] for p in pods}.isdisjoint(before)
        return State(anew and ready == 2, f"{ready} ready")

    eventually(rolled, 180)
    assert lowest == 1


def test_a_larger_claim_leaves_the_pods_running(server: Server, cluster: Cluster) -> None:
    server.create(storage=STORAGE)
    server.wait()
    pod = server.pods()[0]["metadata"]["uid"]
    before = cluster.get("apps/v1", "StatefulSet", server.namespace, "prometheus-p")
    assert before is not None
    larger = {"volumeClaimTemplate": {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}}
    server.edit(storage=larger)

    def anew() -> State:
        found = cluster.get("apps/v1", "StatefulSet", server.namespace, "prometheus-p")
        return State(found is not None and found["metadata"]["uid"] != before["metadata"]["uid"], "the old one")

    eventually(anew, 60)
    server.wait()
    assert server.pods()[0]["metadata"]["uid"] == pod


def test_without_its_operator_it_runs_on(server: Server, cluster: Cluster, operators: tuple[Installation, ...]) -> None:
    installation = next(o for o in operators if o.deployment == "prom-operator")
    server.create()
    server.apply("PodMonitor", "itself", ITSELF)
    server.wait()
    eventually(lambda: up(server, f"podMonitor/{server.namespace}/itself/0"), 60)
    installation.delete_deployment(cluster)
    try:
        eventually(lambda: State(not installation.pods(cluster), "the operator is still there"), 60)
        assert server.query("up == 1")
        assert not server.resource()["metadata"].get("finalizers")
        server.edit(replicas=2)
        cluster.delete("monitoring.coreos.com/v1", "Prometheus", server.namespace, "p")
        eventually(lambda: State(not server.pods(), f"{len(server.pods())} pods"), 120)
    finally:
        installation.apply(cluster)
        installation.wait(cluster)
