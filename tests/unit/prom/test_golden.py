"""Manifests as people wrote them over the years are planned from files alone; hostile ones end with one clear line."""

from __future__ import annotations

import asyncio
import base64
import gzip
from pathlib import Path
from typing import Any

import pytest
import yaml

from common.control.show import show_plan
from prom_operator.operator import operator

GOLDEN = Path(__file__).parents[2] / "golden" / "prom"
EXAMPLES = Path(__file__).parents[3] / "deploy" / "prometheus" / "examples"


def planned(path: Path) -> int:
    return asyncio.run(show_plan(operator(), [str(path)], "yaml"))


@pytest.mark.parametrize("path", sorted([*GOLDEN.glob("v1/*.yaml"), *EXAMPLES.glob("*.yaml")]), ids=lambda p: p.stem)
def test_golden(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert planned(path) == 0
    said = capsys.readouterr()
    assert said.err == ""
    plan = yaml.safe_load(said.out)
    kinds = {step["object"]["kind"] for step in plan["steps"]}
    assert {"Secret", "StatefulSet", "Service"} <= kinds
    complete = next(c for c in plan["status"]["conditions"] if c["type"] == "ConfigurationComplete")
    assert complete["status"] == "True", complete["message"]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("hostile/*.yaml")), ids=lambda p: p.stem)
def test_hostile(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert planned(path) == 1
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1
    assert said.err.startswith("prometheus-operator: ")
    steps: list[Any] = (yaml.safe_load(said.out) or {}).get("steps", []) if said.out else []
    assert steps == []


def test_monitors_in_the_files_reach_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    planned(GOLDEN / "v1" / "kube-prometheus.yaml")
    plan = yaml.safe_load(capsys.readouterr().out)
    objects = {(s["object"]["kind"], s["object"]["metadata"]["name"]): s["object"] for s in plan["steps"]}
    text = gzip.decompress(base64.b64decode(objects["Secret", "prometheus-k8s"]["data"]["prometheus.yaml.gz"])).decode()
    jobs = [j["job_name"] for j in yaml.safe_load(text)["scrape_configs"]]
    assert jobs == ["serviceMonitor/monitoring/kubelet/0", "serviceMonitor/monitoring/kubelet/1"]
    assert len(objects["ConfigMap", "prometheus-k8s-rulefiles-0"]["data"]) == 1
