"""The etcd operator as a process against a real API server; no pod ever runs there."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.install.cluster import Cluster

ROOT = Path(__file__).parents[3]
V1, V1BETA2, V1BETA1 = "data.triad.dev/v1", "etcd.database.coreos.com/v1beta2", "etcd.coreos.com/v1beta1"
OWNED = (
    ("apps/v1", "StatefulSet"), ("v1", "Service"), ("v1", "ConfigMap"), ("policy/v1", "PodDisruptionBudget"),
)  # fmt: skip


@pytest.fixture(scope="session")
def cluster(kubeconfig: str) -> Iterator[Cluster]:
    cluster = Cluster(kubeconfig)
    yield cluster
    cluster.close()


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> Iterator[str]:
    name = f"etcd-{uuid.uuid4().hex[:8]}"
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    cluster.delete("v1", "Namespace", None, name)


@pytest.fixture(scope="module")
def operator(kubeconfig: str, namespace: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The operator, at work in the tests' namespace; its log."""
    log = tmp_path_factory.mktemp("operator") / "log"
    command = [
        sys.executable, "-m", "etcd_operator", "run", "--kubeconfig", kubeconfig, "--namespace", namespace,
        "--metrics-bind-address", "127.0.0.1:0",
    ]  # fmt: skip
    with log.open("w") as file:
        process = subprocess.Popen(command, cwd=ROOT, stderr=file, stdin=subprocess.DEVNULL)
        try:
            eventually(lambda: "Caches are filled" in log.read_text(), log.read_text, 60)
            yield log
        finally:
            process.terminate()
            process.wait(30)


def eventually(true: Callable[[], Any], otherwise: Callable[[], Any] = lambda: "", seconds: float = 30) -> Any:
    """The first truthy answer; fails with the last state where none comes in time."""
    end = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < end, f"still not so after {seconds} s: {otherwise()}"
        time.sleep(0.1)
    return answer


class Etcds:
    """The etcd clusters of one namespace, and what is made of them."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace

    def create(self, name: str, api_version: str = V1, **spec: Any) -> dict[str, Any]:
        """Raises what the API server says where it refuses."""
        kind = "Cluster" if api_version == V1BETA1 else "EtcdCluster"
        manifest = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, "spec": spec}
        return self.cluster.apply(manifest, self.namespace)

    def edit(self, name: str, **spec: Any) -> None:
        self.cluster.patch(V1, "EtcdCluster", self.namespace, name, {"spec": spec})

    def read(self, name: str, api_version: str = V1) -> dict[str, Any]:
        kind = "Cluster" if api_version == V1BETA1 else "EtcdCluster"
        found = self.cluster.get(api_version, kind, self.namespace, name)
        assert found is not None
        return found

    def condition(self, name: str, type_: str, api_version: str = V1) -> dict[str, Any]:
        conditions = self.read(name, api_version).get("status", {}).get("conditions", [])
        return next((c for c in conditions if c["type"] == type_), {})

    def owned(self, name: str) -> dict[str, dict[str, Any]]:
        """By kind and name."""
        selector = f"app.kubernetes.io/instance={name},app.kubernetes.io/managed-by=etcd-operator"
        return {
            f"{kind}/{found['metadata']['name']}": found
            for api_version, kind in OWNED
            for found in self.cluster.list_(api_version, kind, self.namespace, selector)
        }

    def complete(self, name: str) -> dict[str, dict[str, Any]]:
        """Wait until all objects of a cluster are there."""
        eventually(lambda: len(self.owned(name)) == 5, lambda: [*self.owned(name)])
        return self.owned(name)


@pytest.fixture
def etcds(cluster: Cluster, namespace: str, operator: Path) -> Etcds:
    return Etcds(cluster, namespace)
