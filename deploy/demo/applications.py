"""The three applications as their users see them: ready when the application itself says so.

Nothing here believes a resource's status: the pods are counted and the application is asked, so that an operator that
only claims to be done is found out.
"""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from deploy.install.cluster import Cluster, pod_is_ready, why_not_ready
from deploy.install.waiting import State

ETCD_PORT = 2379
ELASTICSEARCH_PORT = 9200
PROMETHEUS_PORT = 9090


@dataclass(frozen=True)
class Application(ABC):
    """One custom resource and the cluster that stands behind it."""

    cluster: Cluster
    api_version: str
    kind: str
    namespace: str
    name: str

    title = ""
    label = ""
    """The value of app.kubernetes.io/name on its pods."""

    @classmethod
    def of(cls, cluster: Cluster, manifest: Mapping[str, Any], namespace: str = "default") -> Self:
        """The application that a manifest describes."""
        metadata = manifest["metadata"]
        return cls(
            cluster, manifest["apiVersion"], manifest["kind"], metadata.get("namespace", namespace), metadata["name"]
        )

    @property
    def typed_name(self) -> str:
        """As kubectl takes it, with the group: several groups have a kind of this name."""
        return f"{self.kind.lower()}.{self.api_version.partition('/')[0]}/{self.name}"

    @property
    def selector(self) -> str:
        """What picks its pods."""
        return f"app.kubernetes.io/instance={self.name},app.kubernetes.io/name={self.label}"

    @abstractmethod
    def wanted(self, spec: Mapping[str, Any]) -> int:
        """The number of pods that the resource asks for."""

    @abstractmethod
    def larger(self, spec: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """The edit that the demo makes, and how to say it."""

    @abstractmethod
    def itself(self, pods: list[str], wanted: int) -> State:
        """What the application says, asked at one of the pods."""

    def resource(self) -> dict[str, Any]:
        """The custom resource as it is now."""
        found = self.cluster.get(self.api_version, self.kind, self.namespace, self.name)
        return found or {"spec": {}}

    def pods(self) -> list[dict[str, Any]]:
        """Its pods."""
        return self.cluster.pods(self.namespace, self.selector)

    def state(self) -> State:
        """Ready when exactly the wanted pods are there and ready, and the application itself agrees."""
        wanted, pods = self.wanted(self.resource()["spec"]), self.pods()
        ready = [p["metadata"]["name"] for p in pods if pod_is_ready(p)]
        counted = f"{len(ready)}/{wanted} pods ready"
        if not ready:
            return State(False, counted)
        said = self.itself(ready, wanted)
        return State(said.ready and len(ready) == len(pods) == wanted, f"{counted}, {said.text}")

    def edit(self, spec: Mapping[str, Any]) -> None:
        """Change fields of the spec, as `kubectl edit` would."""
        self.cluster.patch(self.api_version, self.kind, self.namespace, self.name, {"spec": dict(spec)})

    def ask(self, pod: str, port: int, path: str, **options: Any) -> Any:
        """An HTTP request to one of its pods."""
        return self.cluster.ask_pod(self.namespace, pod, port, path, **options)

    def trouble(self) -> list[str]:
        """What a person would look at: conditions that are not as they should be, and pods that wait."""
        status = self.resource().get("status", {})
        lines = [
            f"{c['type']}={c.get('status', '')} {c.get('reason', '')}: {c.get('message', '')}"
            for c in status.get("conditions", [])
        ]
        return lines + [
            f"pod {p['metadata']['name']}: {why_not_ready(p)}" for p in self.pods() if not pod_is_ready(p)
        ]  # fmt: skip


class Etcd(Application):
    """An etcd cluster, asked through its gRPC gateway."""

    title = "etcd"
    label = "etcd"

    def wanted(self, spec: Mapping[str, Any]) -> int:
        """`spec.size`."""
        return int(spec.get("size", 0))

    def larger(self, spec: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """Two more members, so that their number stays odd."""
        size = self.wanted(spec)
        return {"size": size + 2}, f"{size} to {size + 2} members"

    def itself(self, pods: list[str], wanted: int) -> State:
        """A leader, and as many voters as wanted."""
        members = self.call(pods[0], "/v3/cluster/member/list")["members"]
        voters = [m for m in members if not m.get("isLearner")]
        learners = f", {len(members) - len(voters)} learning" if len(members) > len(voters) else ""
        status = self.call(pods[0], "/v3/maintenance/status")
        leads = status.get("leader", "0") != "0"
        text = f"{len(voters)} voters{learners}" + ("" if leads else ", no leader")
        return State(leads and len(voters) == len(members) == wanted, text)

    def put(self, key: str, value: str) -> None:
        """Write one key."""
        self.call(self._some_pod(), "/v3/kv/put", {"key": _coded(key), "value": _coded(value)})

    def read(self, key: str) -> str | None:
        """A linearizable read, so answered by a quorum."""
        found = self.call(self._some_pod(), "/v3/kv/range", {"key": _coded(key)}).get("kvs", [])
        return base64.b64decode(found[0]["value"]).decode() if found else None

    def call(self, pod: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        """One call of etcd's API."""
        return self.ask(pod, ETCD_PORT, path, method="POST", body=dict(body or {}))

    def _some_pod(self) -> str:
        return next(str(p["metadata"]["name"]) for p in self.pods() if pod_is_ready(p))


class Elasticsearch(Application):
    """An Elasticsearch cluster in the resource type of 2017."""

    title = "Elasticsearch"
    label = "elasticsearch"
    roles = ("client-node-replicas", "master-node-replicas", "data-node-replicas")

    def wanted(self, spec: Mapping[str, Any]) -> int:
        """The sum over the roles, or over the node sets."""
        if "nodeSets" in spec:
            return sum(int(node_set["count"]) for node_set in spec["nodeSets"])
        return sum(int(spec.get(role, 0)) for role in self.roles)

    def larger(self, spec: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """One more data node."""
        nodes = int(spec["data-node-replicas"])
        return {"data-node-replicas": nodes + 1}, f"{nodes} to {nodes + 1} data nodes"

    def itself(self, pods: list[str], wanted: int) -> State:
        """Green, with as many nodes as wanted."""
        health = self.ask(pods[0], ELASTICSEARCH_PORT, "/_cluster/health", query={"timeout": "1s"})
        nodes, color = health["number_of_nodes"], health["status"]
        moving = health["relocating_shards"] + health["initializing_shards"]
        text = f"{nodes} nodes, {color}" + (f", {moving} shards moving" if moving else "")
        return State(color == "green" and nodes == wanted, text)


class Prometheus(Application):
    """A Prometheus, asked through its HTTP API."""

    title = "Prometheus"
    label = "prometheus"

    def wanted(self, spec: Mapping[str, Any]) -> int:
        """Replicas of each shard."""
        return int(spec.get("replicas", 1)) * int(spec.get("shards", 1))

    def larger(self, spec: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """One more replica."""
        replicas = int(spec.get("replicas", 1))
        return {"replicas": replicas + 1}, f"{replicas} to {replicas + 1} replicas"

    def itself(self, pods: list[str], wanted: int) -> State:
        """Every replica answers queries."""
        answers = [self.query("vector(1)", pod) for pod in pods]
        return State(all(answers), f"{len(answers)} answering queries")

    def query(self, expression: str, pod: str | None = None) -> list[dict[str, Any]]:
        """The samples of an instant query."""
        pod = pod or next(str(p["metadata"]["name"]) for p in self.pods() if pod_is_ready(p))
        answer = self.ask(pod, PROMETHEUS_PORT, "/api/v1/query", query={"query": expression})
        return list(answer["data"]["result"])


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
