"""Whatever is selected, Prometheus takes the configuration: promtool is the judge.

One wrong resource must cost its owner only, never the others: so everything here is thrown together at random.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from deploy.local.builds import BUILDS, build_all
from prom_operator.configuration.references import Reference
from prom_operator.reads import ReferredData
from tests.integration.prom import resources
from tests.unit.prom.worlds import EVERYTHING, Cluster, applied, prometheus, resource, text_of

pytestmark = pytest.mark.timeout(1500)  # where nothing is cached, promtool is built first

SECRET_DATA = {"k": "c2VjcmV0"}
# No shrinking: promtool takes a tenth of a second, and its message names the line.
slow = settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="session")
def promtool() -> str:
    build = BUILDS["prometheus"]
    build_all([build])
    return str(build.output / "promtool")


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def check(promtool: str, what: str, folder: Path, texts: list[str], *options: str) -> None:
    files = []
    for i, text in enumerate(texts):
        files.append(folder / f"{what}-{i}.yaml")
        files[-1].write_text(text, encoding="utf-8")
    done = subprocess.run([promtool, "check", what, "--lint=none", *options, *files], capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{texts}"


def world(spec: dict[str, Any], manifests: list[dict[str, Any]]) -> Cluster:
    cluster = Cluster(prometheus(**{**EVERYTHING, **spec}), *manifests)
    cluster.secret_there("s")
    answer = msgspec.convert(
        {
            "metadata": {"name": "s", "namespace": "default", "uid": "uid-s", "resourceVersion": "1"},
            "data": SECRET_DATA,
        },
        ReferredData,
    )
    reads = cluster.operator.observe.keywords["reads"]  # type: ignore[attr-defined]
    reads.keep([Reference("Secret", "default", "s", key) for key in ("k", "missing")], answer)
    return cluster


def numbered(kind: str, specs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [resource(kind, f"{kind.lower()}{i}", spec) for i, spec in enumerate(specs)]


@slow
@given(
    st.sampled_from(["v3.5.0", "v3.5.0", "v2.55.0", "v2.20.0"]),
    st.lists(resources.monitor_specs("endpoints"), max_size=6),
    st.lists(resources.monitor_specs("podMetricsEndpoints"), max_size=4),
)
def test_any_monitors(
    promtool: str, folder: Path, version: str, services: list[dict[str, Any]], pods: list[dict[str, Any]]
) -> None:
    if version < "v3":
        for spec in (*services, *pods):
            spec.pop("scrapeClassicHistograms", None)  # has another name in 2.x, which a promtool of 3.x does not know
    manifests = numbered("ServiceMonitor", services) + numbered("PodMonitor", pods)
    plan = world({"version": version}, manifests).plan()
    assert not plan.refused
    text = text_of(plan)
    event(f"jobs: {min(3, text.count('job_name:'))} or more")
    check(promtool, "config", folder, [text], "--syntax-only")


@slow
@given(resources.prometheus_fields, st.lists(resources.monitor_specs("endpoints"), max_size=3))
def test_any_prometheus(promtool: str, folder: Path, spec: dict[str, Any], services: list[dict[str, Any]]) -> None:
    plan = world(spec, numbered("ServiceMonitor", services)).plan()
    event("refused" if plan.refused else "taken")
    if not plan.refused:
        check(promtool, "config", folder, [text_of(plan)], "--syntax-only")


@slow
@given(st.sampled_from(["v3.5.0", "v2.55.0"]), st.lists(resources.rule_specs, min_size=1, max_size=6), resources.words)
def test_any_rules(promtool: str, folder: Path, version: str, specs: list[dict[str, Any]], label: str) -> None:
    plan = world({"version": version, "enforcedNamespaceLabel": label}, numbered("PrometheusRule", specs)).plan()
    if plan.refused:
        return
    texts = [t for m in applied(plan) if m["kind"] == "ConfigMap" for t in m["data"].values()]
    event(f"files: {min(3, len(texts))} or more")
    if texts:
        check(promtool, "rules", folder, texts)
