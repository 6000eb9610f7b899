"""The toy operator as a process against a real API server, and the official client as an independent eye."""

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

from tests.integration.control.cut import Wire
from tests.toy.operator import BOX

ROOT = Path(__file__).parents[3]


@pytest.fixture
def api(kubeconfig: str) -> Iterator[Any]:
    connection = official_config.new_client_from_config(kubeconfig)
    yield connection
    connection.close()


@pytest.fixture
def namespace(api: Any) -> Iterator[str]:
    name = f"toy-{uuid.uuid4().hex[:8]}"
    core = official.CoreV1Api(api)
    core.create_namespace({"metadata": {"name": name}})
    yield name
    core.delete_namespace(name)


class Process:
    """One operator process, with its log in a file."""

    def __init__(self, log: Path, *arguments: str) -> None:
        self.log = log
        self._file = log.open("w")
        command = [sys.executable, "-m", "tests.toy", "run", "--metrics-bind-address", "127.0.0.1:0", *arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=self._file, stdin=subprocess.DEVNULL)
        try:
            eventually(lambda: "Caches are filled" in self.log.read_text(), self.log.read_text)
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._file.close()

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(20)
        self._file.close()
        return code


@pytest.fixture
def wire(kubeconfig: str, tmp_path: Path) -> Iterator[Wire]:
    wire = Wire(kubeconfig, tmp_path)
    yield wire
    wire.close()


@pytest.fixture
def start(tmp_path: Path, kubeconfig: str, namespace: str) -> Iterator[Callable[..., Process]]:
    running: list[Process] = []

    def run(*arguments: str, through: str = kubeconfig) -> Process:
        log = tmp_path / f"operator-{len(running)}.log"
        running.append(Process(log, "--kubeconfig", through, "--namespace", namespace, *arguments))
        return running[-1]

    yield run
    for process in running:
        if process.process.poll() is None:
            process.stop()


def eventually(true: Callable[[], Any], otherwise: Callable[[], Any] = lambda: "", seconds: float = 20) -> Any:
    """The first truthy answer; fails with the last state where none comes in time."""
    end = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < end, f"still not so after {seconds} s: {otherwise()}"
        time.sleep(0.02)
    return answer


class Boxes:
    """Boxes and their ConfigMaps, through the official client."""

    def __init__(self, api: Any, namespace: str) -> None:
        self._custom = official.CustomObjectsApi(api)
        self._core = official.CoreV1Api(api)
        self._events = official.EventsV1Api(api)
        self.namespace = namespace

    def _at(self, group: str) -> tuple[str, str, str, str]:
        return group, "v1", self.namespace, BOX.resource.plural

    def create(self, name: str, group: str = BOX.resource.group, **spec: Any) -> Any:
        body = {"apiVersion": f"{group}/v1", "kind": "Box", "metadata": {"name": name}, "spec": spec}
        return self._custom.create_namespaced_custom_object(*self._at(group), body)

    def edit(self, name: str, **spec: Any) -> Any:
        at = self._at(BOX.resource.group)
        return self._custom.patch_namespaced_custom_object(*at, name, {"spec": spec})

    def delete(self, name: str, group: str = BOX.resource.group) -> None:
        self._custom.delete_namespaced_custom_object(*self._at(group), name)

    def read(self, name: str, group: str = BOX.resource.group) -> Any:
        return self._custom.get_namespaced_custom_object(*self._at(group), name)

    def condition(self, name: str, type_: str, group: str = BOX.resource.group) -> Any:
        status = self.read(name, group).get("status", {})
        return next((c for c in status.get("conditions", []) if c["type"] == type_), {})

    def contents(self, name: str) -> Any:
        try:
            return self._core.read_namespaced_config_map(f"{name}-contents", self.namespace)
        except official.ApiException as error:
            if error.status == 404:
                return None
            raise

    def empty_out(self, name: str, **data: str) -> None:
        self._core.patch_namespaced_config_map(f"{name}-contents", self.namespace, {"data": data})

    def events(self, name: str) -> list[Any]:
        found = self._events.list_namespaced_event(self.namespace, field_selector=f"regarding.name={name}")
        return list(found.items)


@pytest.fixture
def boxes(api: Any, namespace: str) -> Boxes:
    return Boxes(api, namespace)
