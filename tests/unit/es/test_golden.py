"""Manifests as users have written them over the years, kept for ever: each is planned from its file alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from common.control.cli import main
from es_operator.operator import OPERATOR

GOLDEN = Path(__file__).parents[2] / "golden" / "es"
EXAMPLES = Path(__file__).parents[3] / "deploy" / "elasticsearch" / "examples"
GOOD = sorted(GOLDEN.glob("*/v*/*.yaml")) + sorted(EXAMPLES.glob("*.yaml"))
HOSTILE = sorted((GOLDEN / "hostile").glob("*.yaml"))
ZONES = ["us-east-1c", "us-east-1d", "us-east-1e"]


def planned(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(OPERATOR, ["plan", "-f", str(path)]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    plan: dict[str, Any] = yaml.safe_load(said.out)
    return plan


def objects(plan: dict[str, Any], kind: str = "") -> list[dict[str, Any]]:
    return [s["object"] for s in plan["steps"] if not kind or s["object"]["kind"] == kind]


def conditions(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {c["type"]: c for c in plan["status"]["conditions"]}


def test_there_are_manifests_of_every_version() -> None:
    versions = {p.parent.relative_to(GOLDEN).as_posix() for p in GOOD if p.is_relative_to(GOLDEN)}
    assert versions == {k.resource.api_version for k in OPERATOR.kinds}
    assert len(HOSTILE) > 40


@pytest.mark.parametrize("path", GOOD, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_golden_manifest_shows_the_whole_cluster(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = planned(path, capsys)
    wish = yaml.safe_load(path.read_text())
    if wish["spec"].get("paused"):
        assert objects(plan) == []
        return
    kinds = Counter(o["kind"] for o in objects(plan))
    assert objects(plan)[0]["kind"] == "ConfigMap", "who may form the cluster is written before any pod can start"
    assert (kinds["ConfigMap"], kinds["PodDisruptionBudget"]) == (1, 1)
    assert kinds["Service"] == (3 if wish["apiVersion"].startswith("enterprises") else 2)
    wanted = sum(s.get("count", 1) for s in wish["spec"].get("nodeSets", [])) + sum(
        count for field, count in wish["spec"].items() if field.endswith("-node-replicas")
    )
    assert sum(o["spec"]["replicas"] for o in objects(plan) if o["kind"] in ("StatefulSet", "Deployment")) == wanted
    for manifest in objects(plan):
        assert "finalizers" not in manifest["metadata"]
        if manifest["kind"] == "StorageClass":
            continue
        (owner,) = manifest["metadata"]["ownerReferences"]
        assert (owner["apiVersion"], owner["kind"]) == (wish["apiVersion"], wish["kind"])


@pytest.mark.parametrize("path", HOSTILE, ids=lambda p: p.stem)
def test_a_hostile_manifest_is_refused_in_one_line(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(OPERATOR, ["plan", "-f", str(path)]) == 1
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert line.startswith("es-operator: ")
    assert line.isprintable()
    assert len(line) < 500


def test_the_example_of_2017(capsys: pytest.CaptureFixture[str]) -> None:
    plan = planned(GOLDEN / "enterprises.upmc.com/v1/example-2017.yaml", capsys)
    names = [o["metadata"]["name"] for o in objects(plan, "StatefulSet")]
    assert names == [f"es-{role}-example-es-cluster-{zone}" for role in ("master", "data") for zone in ZONES]
    (clients,) = objects(plan, "Deployment")
    assert (clients["metadata"]["name"], clients["spec"]["replicas"]) == ("es-client-example-es-cluster", 3)
    assert {o["metadata"]["name"] for o in objects(plan, "Service")} == {
        "elasticsearch-example-es-cluster", "elasticsearch-discovery-example-es-cluster",
        "es-data-svc-example-es-cluster",
    }  # fmt: skip
    classes = objects(plan, "StorageClass")
    assert [c["metadata"]["name"] for c in classes] == ZONES
    assert classes[0]["provisioner"] == "kubernetes.io/aws-ebs"
    assert classes[0]["parameters"] == {"type": "gp2", "encrypted": "true"}
    for stateful_set in objects(plan, "StatefulSet"):
        (claim,) = stateful_set["spec"]["volumeClaimTemplates"]
        assert claim["metadata"]["name"] == "es-data"
        assert claim["spec"]["storageClassName"] in ZONES
        (container,) = stateful_set["spec"]["template"]["spec"]["containers"]
        assert {"name": "ES_JAVA_OPTS", "value": "-Xms512m -Xmx512m"} in container["env"]
        assert {"name": "es-data", "mountPath": "/data"} in container["volumeMounts"]
    said = conditions(plan)
    assert said["MasterLossSurvivable"]["reason"] == "TooFewMasters"
    assert "1 more is needed" in said["MasterLossSurvivable"]["message"]
    assert "kibana, cerebro" in said["FieldsNotActedOn"]["message"]
    assert said["VersionTested"]["status"] == "False"


def test_nothing_that_is_set_is_silently_ignored(capsys: pytest.CaptureFixture[str]) -> None:
    plan = planned(GOLDEN / "enterprises.upmc.com/v1/everything.yaml", capsys)
    named = conditions(plan)["FieldsNotActedOn"]["message"]
    for field in ("snapshot.scheduler-enabled", "kibana", "cerebro", "use-ssl", "statsd-host", "keep-", "scaling"):
        assert field in named
    plain = conditions(plan)["CredentialsInSecrets"]["message"]
    assert "snapshot.repo-authentication.secret-key" in plain
    text = yaml.safe_dump(plan)
    for secret in ("changeme", "AKIAEXAMPLE", "not-a-real-key"):
        assert secret not in text
    (service,) = [o for o in objects(plan, "Service") if o["metadata"]["name"] == "elasticsearch-everything"]
    assert (service["spec"]["type"], service["spec"]["ports"][0]["nodePort"]) == ("NodePort", 30920)


def test_the_users_pod_template_is_merged_over(capsys: pytest.CaptureFixture[str]) -> None:
    plan = planned(GOLDEN / "data.triad.dev/v1/tiers.yaml", capsys)
    hot = next(o for o in objects(plan, "StatefulSet") if o["metadata"]["name"] == "observability-es-hot-eu-west-1b")
    template = hot["spec"]["template"]
    assert template["metadata"]["labels"]["team"] == "observability"
    assert template["spec"]["priorityClassName"] == "high"
    main_container, shipper = template["spec"]["containers"]
    assert {"name": "TZ", "value": "UTC"} in main_container["env"]
    assert {"name": "ES_JAVA_OPTS", "value": "-Xms4g -Xmx4g -XX:+UseG1GC"} in main_container["env"]
    assert shipper["name"] == "log-shipper"
    required = template["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert required["nodeSelectorTerms"][0]["matchExpressions"][0]["values"] == ["eu-west-1b"]
    assert hot["spec"]["persistentVolumeClaimRetentionPolicy"] == {"whenScaled": "Retain", "whenDeleted": "Delete"}
