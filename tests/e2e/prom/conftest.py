"""A Prometheus of a test's own, and what it scrapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deploy.install.cluster import Cluster, pod_is_ready
from deploy.install.waiting import State, eventually

GROUP = "monitoring.coreos.com/v1"
READY_WITHIN = 180  # seconds; images may have to be unpacked first
PORT = 9090


class Server:
    """A Prometheus, asked through its HTTP API."""

    def __init__(self, cluster: Cluster, namespace: str, name: str = "p") -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.name = name

    def create(self, **spec: Any) -> None:
        """With all that it selects in its own namespace."""
        selecting: dict[str, Any] = {"serviceMonitorSelector": {}, "podMonitorSelector": {}, "ruleSelector": {}}
        whole = {
            "serviceAccountName": "prometheus",
            "scrapeInterval": "1s",
            "evaluationInterval": "1s",
            **selecting,
            **spec,
        }
        self.apply("Prometheus", self.name, whole)

    def apply(self, kind: str, name: str, spec: Any) -> None:
        """A resource of monitoring.coreos.com."""
        self.cluster.apply(
            {"apiVersion": GROUP, "kind": kind, "metadata": {"name": name}, "spec": spec}, self.namespace
        )

    def edit(self, **spec: Any) -> None:
        """As `kubectl patch --type merge`."""
        self.cluster.patch(GROUP, "Prometheus", self.namespace, self.name, {"spec": spec})

    def resource(self) -> dict[str, Any]:
        """The custom resource."""
        found = self.cluster.get(GROUP, "Prometheus", self.namespace, self.name)
        assert found is not None
        return found

    def pods(self) -> list[dict[str, Any]]:
        """Its pods, by name."""
        return self.cluster.pods(self.namespace, f"prometheus={self.name}")

    def ready(self, replicas: int) -> State:
        """So many pods, all ready, and the status says so too."""
        pods = self.pods()
        status = self.resource().get("status", {})
        done = len(pods) == replicas and all(map(pod_is_ready, pods)) and status.get("availableReplicas") == replicas
        return State(done, f"{[p['metadata']['name'] for p in pods if pod_is_ready(p)]} ready, status {status}")

    def wait(self, replicas: int = 1) -> None:
        """Until it is ready. Raises NotInTime."""
        eventually(lambda: self.ready(replicas), READY_WITHIN, f"{replicas} replicas")

    def ask(self, path: str, pod: str | None = None, **query: str) -> Any:
        """The data of an answer."""
        pod = pod or f"prometheus-{self.name}-0"
        return self.cluster.ask_pod(self.namespace, pod, PORT, path, query=query)["data"]

    def query(self, expression: str, pod: str | None = None) -> list[Any]:
        """An instant query."""
        return list(self.ask("/api/v1/query", pod, query=expression)["result"])

    def targets(self, pod: str | None = None) -> dict[str, list[str]]:
        """Health of the targets by job."""
        found: dict[str, list[str]] = {}
        for target in self.ask("/api/v1/targets", pod)["activeTargets"]:
            found.setdefault(target["scrapePool"], []).append(target["health"])
        return found

    def restarts(self) -> int:
        """Of all its containers."""
        return sum(c["restartCount"] for p in self.pods() for c in p["status"].get("containerStatuses", []))

    def configuration(self, pod: str | None = None) -> str:
        """What it has loaded."""
        return str(self.ask("/api/v1/status/config", pod)["yaml"])


def account(cluster: Cluster, namespace: str) -> None:
    """A ServiceAccount that may find targets in its namespace."""
    rule = {"apiGroups": [""], "resources": ["services", "endpoints", "pods"], "verbs": ["get", "list", "watch"]}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "prometheus"}
    subject = {"kind": "ServiceAccount", "name": "prometheus", "namespace": namespace}
    rbac = "rbac.authorization.k8s.io/v1"
    for manifest in (
        {"apiVersion": "v1", "kind": "ServiceAccount"},
        {"apiVersion": rbac, "kind": "Role", "rules": [rule]},
        {"apiVersion": rbac, "kind": "RoleBinding", "roleRef": role, "subjects": [subject]},
    ):
        cluster.apply({**manifest, "metadata": {"name": "prometheus"}}, namespace)


@pytest.fixture
def server(cluster: Cluster, namespace: str) -> Iterator[Server]:
    account(cluster, namespace)
    yield Server(cluster, namespace)
