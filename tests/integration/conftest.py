"""The API server that integration tests run against: the one of KUBECONFIG, or one without nodes made for them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLUSTER = "triad-it"


@pytest.fixture(scope="session")
def kubeconfig() -> Iterator[str]:
    """The path of a kubeconfig. A cluster that was made for this run ends with it."""
    given = os.environ.get("KUBECONFIG")
    if given:
        yield given
        return
    environment = {**os.environ, "CLUSTER": CLUSTER, "PARTS": "control-plane"}
    was_there = not _local("kubeconfig", environment).returncode
    made = subprocess.run(
        ["make", "-s", "--no-print-directory", "cluster"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert made.returncode == 0, "no API server: `make cluster PARTS=control-plane` failed, its words are above"
    yield made.stdout.strip().splitlines()[-1]
    if not was_there:
        _local("down", environment).check_returncode()


def _local(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.local", command], cwd=ROOT, env=environment, capture_output=True
    )
