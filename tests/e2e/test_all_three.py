"""What holds for the whole suite: the demo, and the promises that need all three operators to be seen.

The tests build on one another's cluster, so their order matters: the demo brings everything up, the last test takes the
operators and then the applications away.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.applications import Application
from deploy.demo.story import EXAMPLES, Story
from deploy.install.cluster import Cluster, manifests_of, pod_is_ready
from deploy.install.kubeconfig import ROOT
from deploy.install.operators import Installation
from deploy.install.waiting import State, eventually
from tests.e2e.conftest import Kubectl
from tests.e2e.dump import dump
from tests.writes import NOT_OURS, write_requests

READY_WITHIN = 600  # seconds
IDLE_SECONDS = 60
QUIET_WITHIN = 240  # seconds until what was changed before has been reported and the events are written
DEMO_SECONDS = 1500
WITHOUT_OPERATORS = 30  # seconds: longer than any probe, shorter than patience
PLATFORM = ("kubernetes.io/", "k8s.io")


@pytest.fixture(scope="module")
def story(cluster: Cluster, operators: tuple[Installation, ...], request: pytest.FixtureRequest) -> Iterator[Story]:
    """The demo's three examples, there and ready."""
    from rich.console import Console

    story = Story(cluster, Console(file=sys.stderr), READY_WITHIN)
    for file in EXAMPLES:
        cluster.apply_file(file)
    _settled(story.applications)
    failed_before = request.session.testsfailed
    yield story
    if request.session.testsfailed > failed_before:
        dump(cluster, operators, ("default",), "tests/e2e/test_all_three.py")


def _settled(applications: tuple[Application, ...]) -> None:
    for application in applications:
        eventually(application.state, READY_WITHIN, f"{application.kind} {application.name} being ready")


def test_the_demo_ends_with_a_summary(kubeconfig: str, operators: tuple[Installation, ...]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "deploy.demo"],
        cwd=ROOT, env={**os.environ, "KUBECONFIG": kubeconfig}, capture_output=True, text=True, timeout=DEMO_SECONDS,
    )  # fmt: skip
    Path(".out").mkdir(exist_ok=True)
    Path(".out/demo.txt").write_text(ended.stdout + ended.stderr)
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-2000:]
    summary = ended.stdout.partition("Summary")[2]
    assert all(name in summary for name in ("etcd", "Elasticsearch", "Prometheus"))


def test_columns_say_how_things_are(story: Story, kubectl: Kubectl) -> None:
    for resources in (
        "etcdclusters,elasticsearchclusters,prometheuses",
        "clusters.etcd.coreos.com,elasticsearchclusters.enterprises.upmc.com",
    ):
        for heading in (line for line in kubectl("get", resources, "-A").splitlines() if line.startswith("NAMESPACE")):
            assert heading.split()[-1] == "AGE"
            assert len(heading.split()) >= 5, f"columns that say more than name and age: {heading}"
    for application in story.applications:
        line = kubectl("-n", application.namespace, "get", application.typed_name, "--no-headers")
        assert any(word.partition("/")[0].isdigit() for word in line.split()), f"members, nodes or replicas: {line}"


def test_events_tell_the_story(story: Story, kubectl: Kubectl) -> None:
    for application in story.applications:
        described = kubectl("-n", application.namespace, "describe", application.typed_name)
        events = described.partition("Events:")[2]
        assert "<none>" not in events, described[-2000:]
        assert len(events.strip().splitlines()) > 2, described[-2000:]


def test_no_object_has_a_finalizer(story: Story, cluster: Cluster) -> None:
    """Promise 5: a finalizer would keep an object from being deleted while its operator is gone."""
    kept: list[str] = []
    looked_at = 0
    for api_version, kind in _every_kind(cluster):
        for found in cluster.list_(api_version, kind):
            looked_at += 1
            metadata = found["metadata"]
            kept += [
                f"{kind} {metadata.get('namespace', '')}/{metadata['name']}: {finalizer}"
                for finalizer in metadata.get("finalizers", [])
                if not any(mark in finalizer for mark in PLATFORM)
            ]
    assert looked_at > 50
    assert kept == []


def _every_kind(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """All kinds that can be listed, each in one version of its group."""
    groups = json.loads(cluster.request("GET", "/apis"))["groups"]
    for api_version in ("v1", *(g["preferredVersion"]["groupVersion"] for g in groups)):
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        for resource in json.loads(cluster.request("GET", root))["resources"]:
            if "list" in resource["verbs"] and "/" not in resource["name"] and resource["kind"] != "ComponentStatus":
                yield api_version, resource["kind"]


def test_a_second_look_writes_nothing(story: Story, cluster: Cluster) -> None:
    """With all operators and all examples, over 60 idle seconds, as the API server counts; leases aside."""
    everything = [m for file in sorted((ROOT / "deploy").glob("*/examples/*.yaml")) for m in manifests_of(file)]
    for manifest in everything:
        cluster.apply(manifest)
    try:
        eventually(lambda: _quiet(cluster), QUIET_WITHIN, "15 s without a write")
        before = write_requests(cluster)
        time.sleep(IDLE_SECONDS)
        during = write_requests(cluster) - before
    finally:
        demo = {(m["kind"], m["metadata"]["name"]) for file in EXAMPLES for m in manifests_of(file)}
        for manifest in everything:
            if (manifest["kind"], manifest["metadata"]["name"]) not in demo:
                cluster.delete_manifest(manifest)
    assert dict(during) == {}


def _quiet(cluster: Cluster) -> State:
    before = write_requests(cluster)
    time.sleep(15)
    written = write_requests(cluster) - before
    return State(not written, f"{dict(written)} in 15 s")


def test_without_its_operator_everything_runs_on_and_can_be_deleted(
    story: Story, cluster: Cluster, operators: tuple[Installation, ...]
) -> None:
    """Promise 5, to the end: the operators go, then the applications, and nothing of them stays but kept volumes."""
    _settled(story.applications)
    before = {a.title: _identities(a) for a in story.applications}
    try:
        for installation in operators:
            assert installation.delete_deployment(cluster)
        for installation in operators:
            eventually(
                lambda i=installation: State(not i.pods(cluster), f"{len(i.pods(cluster))} pods"),  # type: ignore[misc]  # a lambda with a default
                120, f"the end of {installation.deployment}",
            )  # fmt: skip
        time.sleep(WITHOUT_OPERATORS)
        assert {a.title: _identities(a) for a in story.applications} == before
        story.etcd.put("promise/five", "kept")
        assert story.etcd.read("promise/five") == "kept"
        for application in story.applications:
            assert application.state().ready, application.state().text
            patch = {"metadata": {"annotations": {"example.org/edited": "without the operator"}}}
            cluster.patch(application.api_version, application.kind, application.namespace, application.name, patch)
            assert cluster.delete(
                application.api_version, application.kind, application.namespace, application.name
            )  # fmt: skip
        for application in story.applications:
            eventually(
                lambda a=application: State(not _remains(a), ", ".join(_remains(a))),  # type: ignore[misc]  # a lambda with a default
                300, f"the end of {application.title}",
            )  # fmt: skip
    finally:
        for installation in operators:
            installation.apply(cluster)
        for installation in operators:
            installation.wait(cluster)


def _identities(application: Application) -> dict[str, Any]:
    """Pods by uid and restarts: any touch shows."""
    return {
        pod["metadata"]["uid"]: [
            (c["name"], c["restartCount"]) for c in pod["status"].get("containerStatuses", []) if pod_is_ready(pod)
        ]
        for pod in application.pods()
    }


def _remains(application: Application) -> list[str]:
    """Owned objects that are still there. Claims are the user's data and follow the policy that was asked for."""
    selector = f"app.kubernetes.io/instance={application.name},app.kubernetes.io/name={application.label}"
    return [
        f"{kind} {found['metadata']['name']}"
        for api_version, kind in (
            ("v1", "Pod"),
            ("v1", "Service"),
            ("v1", "ConfigMap"),
            ("v1", "Secret"),
            ("apps/v1", "StatefulSet"),
            ("apps/v1", "Deployment"),
            ("policy/v1", "PodDisruptionBudget"),
        )
        for found in application.cluster.list_(api_version, kind, application.namespace, selector)
    ]


def test_what_is_left_out_of_the_count_is_not_the_operators() -> None:
    """The exceptions to "no writes" are the platform's own; nothing that an operator owns is among them."""
    assert NOT_OURS.isdisjoint({"statefulsets", "services", "configmaps", "secrets", "events", "pods"})
