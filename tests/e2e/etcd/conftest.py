"""Real etcd clusters on a real node, and a client that writes throughout."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from deploy.install.cluster import Cluster
from deploy.install.waiting import State, eventually
from tests.chaos.clients import EtcdWriter

V1, V1BETA1 = "data.triad.dev/v1", "etcd.coreos.com/v1beta1"
SETTLED_WITHIN = 420  # seconds: the scheduler looks again at a pod that it gave up after 300


class Etcd:
    """One cluster, from its resource to its keys."""

    def __init__(self, cluster: Cluster, namespace: str, api_version: str = V1) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.api_version = api_version
        self.kind = "Cluster" if api_version == V1BETA1 else "EtcdCluster"
        self.name = "db"

    def create(self, **spec: Any) -> None:
        """Create it and wait until it is as wanted."""
        metadata = {"name": self.name}
        manifest = {"apiVersion": self.api_version, "kind": self.kind, "metadata": metadata, "spec": spec}
        self.cluster.apply(manifest, self.namespace)
        self.settle(spec["size"])

    def edit(self, **spec: Any) -> None:
        self.cluster.patch(self.api_version, self.kind, self.namespace, self.name, {"spec": spec})

    def read(self) -> dict[str, Any]:
        found = self.cluster.get(self.api_version, self.kind, self.namespace, self.name)
        assert found is not None
        return found

    def condition(self, type_: str) -> dict[str, Any]:
        conditions = self.read().get("status", {}).get("conditions", [])
        return next((c for c in conditions if c["type"] == type_), {})

    def settle(self, size: int, also: Callable[[], bool] = lambda: True) -> None:
        """Wait until the operator says of the present resource that all is as wanted."""

        def settled() -> State:
            found = self.read()
            status = found.get("status", {})
            conditions = {c["type"]: c for c in status.get("conditions", [])}
            words = "; ".join(f"{t} {c['status']} {c['reason']}: {c['message']}" for t, c in conditions.items())
            seen = status.get("observedGeneration") == found["metadata"]["generation"]
            rests = conditions.get("Progressing", {}).get("reason") == "Settled"
            return State(seen and rests and status.get("size") == size and also(), words)

        eventually(settled, SETTLED_WITHIN, f"{self.name} with {size} members")

    def member_ids(self) -> dict[str, str]:
        """The member behind each pod, as the operator wrote it down."""
        found = self.cluster.get("v1", "ConfigMap", self.namespace, f"{self.name}-members")
        assert found is not None
        return {line.split()[0]: line.split()[1] for line in found["data"]["members"].splitlines()}

    def pods(self) -> dict[str, dict[str, Any]]:
        found = self.cluster.pods(self.namespace, f"etcd_cluster={self.name}")
        return {p["metadata"]["name"]: p for p in found}

    def kill(self, *pods: str) -> None:
        """As when a node is reset: no time to say goodbye."""
        for pod in pods:
            path = self.cluster.path("v1", "Pod", self.namespace, pod)
            self.cluster.request("DELETE", path, {"gracePeriodSeconds": 0})

    def lose_volume(self, pod: str) -> None:
        self.cluster.delete("v1", "PersistentVolumeClaim", self.namespace, f"data-{pod}")
        self.kill(pod)

    def address(self) -> str:
        service = self.cluster.get("v1", "Service", self.namespace, f"{self.name}-client")
        assert service is not None
        return str(service["spec"]["clusterIP"])

    @contextmanager
    def written_to(self) -> Iterator[None]:
        """A client writes all the time. At the end every write that was acknowledged must be there."""
        writing = Writing(EtcdWriter(self.address(), "e2e"))
        writing.start()
        try:
            yield
        finally:
            writing.stop.set()
            writing.join(60)
        assert writing.result["missing"] == 0, writing.result
        assert writing.result["acknowledged"] > 0, writing.result


class Writing(threading.Thread):
    """Runs a writer in a loop of its own."""

    def __init__(self, writer: EtcdWriter) -> None:
        super().__init__(daemon=True)
        self.writer = writer
        self.stop = threading.Event()
        self.result: dict[str, Any] = {}

    def run(self) -> None:
        self.result = asyncio.run(self._write())

    async def _write(self) -> dict[str, Any]:
        stop = asyncio.Event()
        await self.writer.open()
        writing = asyncio.create_task(self.writer.run(stop))
        await asyncio.to_thread(self.stop.wait)
        stop.set()
        await writing
        await self.writer.reconnect()
        result = await self.writer.result()
        await self.writer.close()
        return result


@pytest.fixture
def etcd(cluster: Cluster, namespace: str) -> Etcd:
    return Etcd(cluster, namespace)


@pytest.fixture
def etcd_of_2017(cluster: Cluster, namespace: str) -> Etcd:
    return Etcd(cluster, namespace, V1BETA1)
