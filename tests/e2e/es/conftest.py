"""Real Elasticsearch clusters on a real node, asked by the official client as an independent eye."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from elasticsearch import ApiError, TransportError
from elasticsearch import Elasticsearch as OfficialClient

from deploy.install.cluster import Cluster, pod_is_ready
from deploy.install.waiting import State, eventually
from tests.chaos.clients import INDEX, SHARDS, ElasticsearchWriter

V1 = "data.triad.dev/v1"
KIND = "ElasticsearchCluster"
SETTLED_WITHIN = 600  # seconds: on two cores a node takes a minute to start
NODE = {
    "heap": "256m",
    "resources": {"requests": {"memory": "512Mi", "cpu": "50m"}, "limits": {"memory": "768Mi"}},
    "storage": {"size": "256Mi", "whenDeleted": "Delete"},
}


class Search:
    """One cluster, from its resource to its documents."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.name = "find"

    def create(self, *node_sets: dict[str, Any], **spec: Any) -> None:
        """Create it and wait until it is as wanted."""
        wanted = {"version": "8.19.0", "nodeSets": [NODE | s for s in node_sets], **spec}
        manifest = {"apiVersion": V1, "kind": KIND, "metadata": {"name": self.name}, "spec": wanted}
        self.cluster.apply(manifest, self.namespace)
        self.settle()

    def edit(self, *node_sets: dict[str, Any], **spec: Any) -> None:
        wanted = {"nodeSets": [NODE | s for s in node_sets], **spec} if node_sets else spec
        self.cluster.patch(V1, KIND, self.namespace, self.name, {"spec": wanted})

    def read(self) -> dict[str, Any]:
        found = self.cluster.get(V1, KIND, self.namespace, self.name)
        assert found is not None
        return found

    def condition(self, type_: str) -> dict[str, Any]:
        conditions = self.read().get("status", {}).get("conditions", [])
        return next((c for c in conditions if c["type"] == type_), {})

    def settle(self, also: Callable[[], bool] = lambda: True) -> None:
        """Wait until the operator and Elasticsearch itself say that it is as wanted, and every shard is placed.

        The operator's word alone may be of the moment before something befell the cluster.
        """

        def settled() -> State:
            found = self.read()
            status = found.get("status", {})
            conditions = {c["type"]: c for c in status.get("conditions", [])}
            words = "; ".join(f"{t} {c['status']} {c['reason']}: {c['message']}" for t, c in conditions.items())
            wanted = sum(s["count"] for s in found["spec"]["nodeSets"])
            rests = (status.get("phase"), status.get("health"), status.get("nodes")) == ("Running", "green", wanted)
            seen = status.get("observedGeneration") == found["metadata"]["generation"]
            still = conditions.get("Progressing", {}).get("status") == "False"
            said = bool(seen and rests and still and len(self.ready()) == wanted)
            return State(said and also() and self.answers() == ("green", wanted), words)

        eventually(settled, SETTLED_WITHIN, f"{self.name} at rest")

    def answers(self) -> tuple[str, int]:
        """Health and number of nodes, by Elasticsearch's own word."""
        with self.client() as client:
            try:
                health = client.options(max_retries=0).cluster.health(timeout="5s")
            except (ApiError, TransportError) as error:
                return type(error).__name__, 0
        return health["status"], health["number_of_nodes"]

    def pods(self) -> dict[str, dict[str, Any]]:
        found = self.cluster.pods(self.namespace, f"app.kubernetes.io/instance={self.name}")
        return {p["metadata"]["name"]: p for p in found}

    def ready(self) -> set[str]:
        return {name for name, p in self.pods().items() if pod_is_ready(p)}

    def claims(self) -> set[str]:
        found = self.cluster.list_("v1", "PersistentVolumeClaim", self.namespace)
        return {c["metadata"]["name"] for c in found}

    def kill(self, *pods: str) -> None:
        """As when a node is reset: no time to say goodbye."""
        for pod in pods:
            path = self.cluster.path("v1", "Pod", self.namespace, pod)
            self.cluster.request("DELETE", path, {"gracePeriodSeconds": 0})

    def address(self) -> str:
        service = self.cluster.get("v1", "Service", self.namespace, f"{self.name}-es")
        assert service is not None
        return str(service["spec"]["clusterIP"])

    @contextmanager
    def client(self) -> Iterator[OfficialClient]:
        with OfficialClient(f"http://{self.address()}:9200", request_timeout=30) as client:
            yield client

    def nodes(self) -> dict[str, str]:
        """Role letters of the nodes that have joined, by name."""
        with self.client() as client:
            rows: Any = client.cat.nodes(format="json", h="name,node.role")
            return {row["name"]: row["node.role"] for row in rows}

    def uuid(self) -> str:
        return str(self.read()["status"]["clusterUUID"])

    @contextmanager
    def written_to(self) -> Iterator[None]:
        """A client indexes all the time. At the end every document that was acknowledged must be there."""
        with self.client() as client:  # patient: on a busy machine a new index takes longer than the writer waits
            client.options(request_timeout=120).indices.create(
                index=f"{INDEX}-e2e", settings={"number_of_shards": SHARDS, "number_of_replicas": 1}
            )
        writing = Writing(ElasticsearchWriter(self.address(), "e2e"))
        writing.start()
        try:
            yield
        finally:
            writing.stop.set()
            writing.join(120)
        assert writing.result["missing"] == 0, writing.result
        assert writing.result["acknowledged"] > 0, writing.result


class Writing(threading.Thread):
    """Runs a writer in a loop of its own."""

    def __init__(self, writer: ElasticsearchWriter) -> None:
        super().__init__(daemon=True)
        self.writer = writer
        self.stop = threading.Event()
        self.result: dict[str, Any] = {}

    def run(self) -> None:
        self.result = asyncio.run(self._write())

    async def _write(self) -> dict[str, Any]:
        stop = asyncio.Event()
        writing = asyncio.create_task(self.writer.run(stop))
        await asyncio.to_thread(self.stop.wait)
        stop.set()
        await writing
        result = await self.writer.result()
        await self.writer.close()
        return result


@pytest.fixture
def search(cluster: Cluster, namespace: str) -> Search:
    return Search(cluster, namespace)
