"""The Elasticsearch operator as a process against a real API server; no pod ever runs there."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client as official
from kubernetes import config as official_config
from kubernetes.client.exceptions import ApiException

ROOT = Path(__file__).parents[3]
PLURAL = "elasticsearchclusters"
HUB, OLD = "data.triad.dev", "enterprises.upmc.com"


@pytest.fixture(scope="session")
def api(kubeconfig: str) -> Iterator[Any]:
    connection = official_config.new_client_from_config(kubeconfig)
    yield connection
    connection.close()


@pytest.fixture
def namespace(api: Any) -> Iterator[str]:
    name = f"es-{uuid.uuid4().hex[:8]}"
    core = official.CoreV1Api(api)
    core.create_namespace({"metadata": {"name": name}})
    yield name
    core.delete_namespace(name)


@pytest.fixture
def operator(kubeconfig: str, namespace: str, tmp_path: Path) -> Iterator[Path]:
    """The operator, at work in the test's namespace; its log."""
    log = tmp_path / "operator.log"
    command = [
        sys.executable, "-m", "es_operator", "run", "--kubeconfig", kubeconfig, "--namespace", namespace,
        "--metrics-bind-address", "127.0.0.1:0",
    ]  # fmt: skip
    with log.open("w") as file:
        process = subprocess.Popen(command, cwd=ROOT, stderr=file, stdin=subprocess.DEVNULL)
        try:
            eventually(lambda: "Caches are filled" in log.read_text(), log.read_text, 40)
            yield log
        finally:
            process.terminate()
            process.wait(30)


def eventually(true: Callable[[], Any], otherwise: Callable[[], Any] = lambda: "", seconds: float = 20) -> Any:
    """The first truthy answer; fails with the last state where none comes in time."""
    end = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < end, f"still not so after {seconds} s: {otherwise()}"
        time.sleep(0.05)
    return answer


class Clusters:
    """Elasticsearch clusters of one namespace and what is made of them, through the official client."""

    def __init__(self, api: Any, namespace: str) -> None:
        self._custom = official.CustomObjectsApi(api)
        self.core = official.CoreV1Api(api)
        self.apps = official.AppsV1Api(api)
        self.policy = official.PolicyV1Api(api)
        self.storage = official.StorageV1Api(api)
        self.namespace = namespace

    def create(self, name: str, group: str = HUB, **spec: Any) -> Any:
        body = {"apiVersion": f"{group}/v1", "kind": "ElasticsearchCluster", "metadata": {"name": name}, "spec": spec}
        return self._custom.create_namespaced_custom_object(group, "v1", self.namespace, PLURAL, body)

    def edit(self, name: str, group: str = HUB, **spec: Any) -> Any:
        return self._custom.patch_namespaced_custom_object(group, "v1", self.namespace, PLURAL, name, {"spec": spec})

    def read(self, name: str, group: str = HUB) -> Any:
        return self._custom.get_namespaced_custom_object(group, "v1", self.namespace, PLURAL, name)

    def delete(self, name: str, group: str = HUB) -> None:
        self._custom.delete_namespaced_custom_object(group, "v1", self.namespace, PLURAL, name)

    def condition(self, name: str, kind: str, group: str = HUB) -> dict[str, str]:
        conditions = self.read(name, group).get("status", {}).get("conditions", [])
        return next((c for c in conditions if c["type"] == kind), {})

    def refused(self, name: str, group: str = HUB) -> str:
        """The reason for which the resource was not accepted."""
        accepted = self.condition(name, "Accepted", group)
        return accepted.get("reason", "") if accepted.get("status") == "False" else ""

    def stateful_sets(self) -> dict[str, Any]:
        return {s.metadata.name: s for s in self.apps.list_namespaced_stateful_set(self.namespace).items}

    def owned(self, name: str) -> list[Any]:
        """Everything that was made for one cluster."""
        selector = f"app.kubernetes.io/managed-by=es-operator,app.kubernetes.io/instance={name}"
        lists = (
            self.apps.list_namespaced_stateful_set, self.apps.list_namespaced_deployment,
            self.core.list_namespaced_service, self.core.list_namespaced_config_map,
            self.policy.list_namespaced_pod_disruption_budget,
        )  # fmt: skip
        return [o for list_ in lists for o in list_(self.namespace, label_selector=selector).items]

    def reasons(self, name: str) -> set[str]:
        """The reasons of the events about a cluster."""
        found = self.core.list_namespaced_event(self.namespace).items
        return {e.reason for e in found if e.involved_object.name == name}


@pytest.fixture
def clusters(api: Any, namespace: str, operator: Path) -> Clusters:
    return Clusters(api, namespace)


def status_of(call: Callable[[], Any]) -> int:
    """The HTTP status with which the API server refuses; fails where it does not."""
    with pytest.raises(ApiException) as refused:
        call()
    return int(refused.value.status)
