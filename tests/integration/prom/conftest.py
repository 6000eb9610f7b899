"""The Prometheus operator as a process against a real API server, and the official client as an independent eye."""

from __future__ import annotations

import base64
import gzip
import re
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client as official
from kubernetes import config as official_config

ROOT = Path(__file__).parents[3]
GROUP = "monitoring.coreos.com"
PLURALS = {
    "Prometheus": "prometheuses",
    "ServiceMonitor": "servicemonitors",
    "PodMonitor": "podmonitors",
    "PrometheusRule": "prometheusrules",
}
_REQUESTS = re.compile(r'^rest_client_requests_total\{.*method="(POST|PATCH|PUT|DELETE)".*\} (\S+)$', re.MULTILINE)


def eventually(true: Callable[[], Any], otherwise: Callable[[], Any] = lambda: "", seconds: float = 20) -> Any:
    """The first truthy answer; fails with the last state where none comes in time."""
    end = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < end, f"still not so after {seconds} s: {otherwise()}"
        time.sleep(0.02)
    return answer


class Process:
    """One operator process, with its log in a file."""

    def __init__(self, log: Path, *arguments: str) -> None:
        self.log = log
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self._file = log.open("w")
        command = [sys.executable, "-m", "prom_operator", "run", "--metrics-bind-address", self.address, *arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=self._file, stdin=subprocess.DEVNULL)
        try:
            eventually(lambda: "Caches are filled" in self.log.read_text(), self.log.read_text)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
        self._file.close()

    def writes(self) -> int:
        """Write requests that it has made."""
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        return int(sum(float(count) for _, count in _REQUESTS.findall(text)))


class Space:
    """A namespace, and what is in it."""

    def __init__(self, api: Any, name: str) -> None:
        self.name = name
        self.core = official.CoreV1Api(api)
        self.apps = official.AppsV1Api(api)
        self._custom = official.CustomObjectsApi(api)
        self._events = official.EventsV1Api(api)

    def create(self, kind: str, name: str, spec: Any, **labels: str) -> Any:
        """A resource of monitoring.coreos.com/v1."""
        metadata = {"name": name, "labels": labels}
        body = {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": metadata, "spec": spec}
        return self._custom.create_namespaced_custom_object(GROUP, "v1", self.name, PLURALS[kind], body)

    def edit(self, kind: str, name: str, patch: Any) -> Any:
        """A merge patch."""
        return self._custom.patch_namespaced_custom_object(GROUP, "v1", self.name, PLURALS[kind], name, patch)

    def read(self, kind: str, name: str) -> Any:
        """The resource."""
        return self._custom.get_namespaced_custom_object(GROUP, "v1", self.name, PLURALS[kind], name)

    def delete(self, kind: str, name: str) -> None:
        """Take it away."""
        self._custom.delete_namespaced_custom_object(GROUP, "v1", self.name, PLURALS[kind], name)

    def condition(self, name: str, type_: str) -> dict[str, Any]:
        """A condition of a Prometheus; empty while there is none."""
        conditions = self.read("Prometheus", name).get("status", {}).get("conditions", [])
        condition: dict[str, Any] = next((c for c in conditions if c["type"] == type_), {})
        return condition

    def configuration(self, name: str = "p") -> str:
        """The configuration as its pods would read it; empty while there is none."""
        secret = found(lambda: self.core.read_namespaced_secret(f"prometheus-{name}", self.name))
        return gzip.decompress(base64.b64decode(secret.data["prometheus.yaml.gz"])).decode() if secret else ""

    def stateful_set(self, name: str = "prometheus-p") -> Any:
        """None while there is none."""
        return found(lambda: self.apps.read_namespaced_stateful_set(name, self.name))

    def events(self, name: str) -> list[str]:
        """Reasons and notes."""
        listed = self._events.list_namespaced_event(self.name, field_selector=f"regarding.name={name}")
        return [f"{e.type} {e.reason}: {e.note}" for e in listed.items]

    def versions(self) -> dict[str, str]:
        """The resourceVersion of everything that an operator could write."""
        seen: dict[str, str] = {}
        for listed in (
            self.core.list_namespaced_secret(self.name),
            self.core.list_namespaced_config_map(self.name),
            self.core.list_namespaced_service(self.name),
            self.apps.list_namespaced_stateful_set(self.name),
        ):
            seen |= {f"{type(o).__name__}/{o.metadata.name}": o.metadata.resource_version for o in listed.items}
        for plural in PLURALS.values():
            listed = self._custom.list_namespaced_custom_object(GROUP, "v1", self.name, plural)
            seen |= {f"{plural}/{o['metadata']['name']}": o["metadata"]["resourceVersion"] for o in listed["items"]}
        return seen


def found(read: Callable[[], Any]) -> Any:
    """What is read, or None where it is not there."""
    try:
        return read()
    except official.ApiException as error:
        if error.status == 404:
            return None
        raise


@pytest.fixture
def api(kubeconfig: str) -> Iterator[Any]:
    connection = official_config.new_client_from_config(kubeconfig)
    yield connection
    connection.close()


@pytest.fixture
def spaces(api: Any) -> Iterator[Callable[..., Space]]:
    """Makes namespaces."""
    made: list[Space] = []

    def make(**labels: str) -> Space:
        name = f"prom-{uuid.uuid4().hex[:8]}"
        official.CoreV1Api(api).create_namespace({"metadata": {"name": name, "labels": labels}})
        made.append(Space(api, name))
        return made[-1]

    yield make
    for space in made:
        space.core.delete_namespace(space.name)


@pytest.fixture
def space(spaces: Callable[..., Space]) -> Space:
    return spaces()


@pytest.fixture
def start(tmp_path: Path, kubeconfig: str) -> Iterator[Callable[..., Process]]:
    """Starts operators for some namespaces."""
    running: list[Process] = []

    def run(*spaces: Space) -> Process:
        log = tmp_path / f"operator-{len(running)}.log"
        names = ",".join(s.name for s in spaces)
        running.append(Process(log, "--kubeconfig", kubeconfig, "--namespace", names))
        return running[-1]

    yield run
    for process in running:
        process.stop()
