"""A cluster with the three operators on it, and a namespace of its own for each test.

The cluster is the one of KUBECONFIG, or a local one (`make cluster`). Nothing is ever skipped: what cannot be set up
fails. What a failed test leaves to be looked at is written to .out/.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from deploy.install.cluster import Cluster
from deploy.install.kubeconfig import kubeconfig as find_kubeconfig
from deploy.install.operators import Installation
from deploy.install.operators import operators as all_operators
from deploy.install.waiting import State, eventually
from tests.e2e.dump import dump

NAMESPACE_GONE_WITHIN = 180  # seconds: pods end with their own grace period
KUBECTL_SECONDS = 120
FAILED = pytest.StashKey[bool]()

Kubectl = Callable[..., str]


@pytest.fixture(scope="session")
def kubeconfig() -> str:
    """The path of the kubeconfig; the environment's KUBECONFIG from here on, for whatever a test starts."""
    path = find_kubeconfig()
    os.environ["KUBECONFIG"] = path
    return path


@pytest.fixture(scope="session")
def cluster(kubeconfig: str) -> Iterator[Cluster]:
    """The API server through the official client."""
    cluster = Cluster(kubeconfig)
    yield cluster
    cluster.close()


@pytest.fixture(scope="session")
def operators(cluster: Cluster) -> tuple[Installation, ...]:
    """The three operators, installed by their manifests and available."""
    installations = all_operators()
    for installation in installations:
        installation.apply(cluster)
    for installation in installations:
        installation.wait(cluster)
    return installations


@pytest.fixture(scope="session")
def kubectl(kubeconfig: str) -> Kubectl:
    """`kubectl(*arguments, stdin="")`: its standard output. Raises CalledProcessError where it fails."""
    own = Path(kubeconfig).parent / "bin" / "kubectl"  # the local cluster brings the one of its version
    program = str(own) if own.exists() else shutil.which("kubectl")
    assert program, "kubectl is not on the PATH"

    def run(*arguments: str, stdin: str = "") -> str:
        return subprocess.run(
            [program, f"--kubeconfig={kubeconfig}", *arguments],
            input=stdin, check=True, capture_output=True, text=True, timeout=KUBECTL_SECONDS,
        ).stdout  # fmt: skip

    return run


@pytest.fixture
def namespace(cluster: Cluster, operators: tuple[Installation, ...], request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace for one test, deleted with all in it afterwards."""
    name = f"e2e-{re.sub(r'[^a-z0-9]+', '-', request.node.name.lower())[:40].strip('-')}-{os.urandom(2).hex()}"
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    if request.node.stash.get(FAILED, False):
        dump(cluster, operators, (name,), request.node.nodeid)
    cluster.delete("v1", "Namespace", None, name)

    def gone() -> State:
        found = cluster.get("v1", "Namespace", None, name)
        conditions = (found or {}).get("status", {}).get("conditions", [])
        return State(found is None, "; ".join(c["message"] for c in conditions if c["status"] == "True"))

    eventually(gone, NAMESPACE_GONE_WITHIN, f"the end of namespace {name}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember a failure until the fixtures are taken down, so that the namespace is dumped before it goes."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report
