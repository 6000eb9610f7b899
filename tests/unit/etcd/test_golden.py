"""Manifests as users have written them over the years, kept for ever: each is planned from its file alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from common.control.cli import main
from etcd_operator.operator import OPERATOR

GOLDEN = Path(__file__).parents[2] / "golden" / "etcd"
EXAMPLES = Path(__file__).parents[3] / "deploy" / "etcd" / "examples"
GOOD = sorted(GOLDEN.glob("*/v*/*.yaml")) + sorted(EXAMPLES.glob("*.yaml"))
HOSTILE = sorted((GOLDEN / "hostile").glob("*.yaml"))
COMPLETE = ["ConfigMap", "Service", "Service", "PodDisruptionBudget", "StatefulSet"]


def planned(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(OPERATOR, ["plan", "-f", str(path)]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    plan: dict[str, Any] = yaml.safe_load(said.out)
    return plan


def test_there_are_manifests_of_every_version() -> None:
    assert {p.parent.relative_to(GOLDEN).as_posix() for p in GOOD if p.is_relative_to(GOLDEN)} == {
        k.resource.api_version for k in OPERATOR.kinds
    }
    assert len(HOSTILE) > 20


@pytest.mark.parametrize("path", GOOD, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_golden_manifest_shows_the_whole_cluster(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = planned(path, capsys)
    wish = yaml.safe_load(path.read_text())
    objects = [s["object"] for s in plan["steps"]]
    assert [o["kind"] for o in objects] == ([] if wish["spec"].get("paused") else COMPLETE)
    for manifest in objects:
        assert manifest["metadata"]["labels"]["etcd_cluster"] == wish["metadata"]["name"]
        (owner,) = manifest["metadata"]["ownerReferences"]
        assert (owner["apiVersion"], owner["kind"]) == (wish["apiVersion"], wish["kind"])
        assert "finalizers" not in manifest["metadata"]
    for manifest in objects:
        if manifest["kind"] == "StatefulSet":
            assert manifest["spec"]["replicas"] == wish["spec"].get("size", 3)


@pytest.mark.parametrize("path", HOSTILE, ids=lambda p: p.stem)
def test_a_hostile_manifest_is_refused_in_one_line(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(OPERATOR, ["plan", "-f", str(path)]) == 1
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert line.startswith("etcd-operator: ")
    assert line.isprintable()
    assert "kind: StatefulSet" not in said.out


def conditions(path: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return {c["type"]: c for c in planned(GOLDEN / path, capsys)["status"]["conditions"]}


def test_fields_that_nothing_is_done_about_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    told = conditions("etcd.coreos.com/v1beta1/backup-s3-restore.yaml", capsys)["FieldsNotActedOn"]["message"]
    assert "spec.backup" in told
    assert "spec.restore" in told
    told = conditions("etcd.database.coreos.com/v1beta2/pod-policy.yaml", capsys)["FieldsNotActedOn"]["message"]
    assert "spec.pod.busyboxImage" in told
    assert "spec.pod.DNSTimeoutInSecond" in told


def test_old_types_without_volumes_are_told_what_that_risks(capsys: pytest.CaptureFixture[str]) -> None:
    assert conditions("etcd.coreos.com/v1beta1/seed.yaml", capsys)["AtRisk"]["reason"] == "EphemeralStorage"
    assert "AtRisk" not in conditions("etcd.database.coreos.com/v1beta2/persistent.yaml", capsys)
