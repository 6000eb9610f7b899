"""What the demo does, in order. Each part returns the seconds that its pieces took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from deploy.demo.applications import Application, Elasticsearch, Etcd, Prometheus
from deploy.demo.board import Board
from deploy.demo.settle import settle
from deploy.demo.targets import Scraped
from deploy.install.cluster import Cluster, manifests_of
from deploy.install.kubeconfig import ROOT
from deploy.install.operators import operators
from deploy.install.waiting import State

EXAMPLES = tuple(
    ROOT / "deploy" / example
    for example in (
        "etcd/examples/2017.yaml",
        "elasticsearch/examples/2017.yaml",
        "prometheus/examples/prometheus.yaml",
    )
)
MONITORS = sorted((ROOT / "deploy").glob("*/pod-monitor.yaml"))
WITNESS = ("demo/witness", "written before the resize")


@dataclass
class Story:
    """One run of the demo against one cluster."""

    cluster: Cluster
    console: Console
    patience: float
    """Seconds that any part may take."""

    def __post_init__(self) -> None:
        etcd, elasticsearch, prometheus = (_resource(file) for file in EXAMPLES)
        self.etcd = Etcd.of(self.cluster, etcd)
        self.elasticsearch = Elasticsearch.of(self.cluster, elasticsearch)
        self.prometheus = Prometheus.of(self.cluster, prometheus)
        self.applications: tuple[Application, ...] = (self.etcd, self.elasticsearch, self.prometheus)
        self.scraped = Scraped(self.prometheus, self.etcd, self.elasticsearch)

    def install(self) -> dict[str, float]:
        """One manifest for each operator."""
        installations = operators()
        for installation in installations:
            self.say(f"  kubectl apply -f {installation.manifest.relative_to(ROOT)}")
            installation.apply(self.cluster)
        return self._settle({i.deployment: partial(i.state, self.cluster) for i in installations})

    def create(self) -> dict[str, float]:
        """The examples, all at once."""
        for file in EXAMPLES:
            self.say(f"  kubectl apply -f {file.relative_to(ROOT)}")
            self.cluster.apply_file(file)
        return self._settle({a.title: a.state for a in self.applications})

    def scrape(self) -> dict[str, float]:
        """Prometheus sees the other two, and the operators, whose own monitors are a choice of whoever installs."""
        for file in MONITORS:
            self.say(f"  kubectl apply -f {file.relative_to(ROOT)}")
            self.cluster.apply_file(file)
        return self.follow()

    def follow(self) -> dict[str, float]:
        """What Prometheus scrapes is what is there."""
        return self._settle(
            {
                "etcd": self.scraped.etcd_members,
                "Elasticsearch": self.scraped.elasticsearch_health,
                "operators": self.scraped.operators,
                "no target is down": self.scraped.nothing_down,
            }
        )

    def resize(self) -> dict[str, float]:
        """One edit of each resource, all at once, and what was written before is still there."""
        self.etcd.put(*WITNESS)
        for application in self.applications:
            edit, words = application.larger(application.resource()["spec"])
            self.say(f"  {application.kind} {application.name}: {words}")
            application.edit(edit)
        took = self._settle({a.title: a.state for a in self.applications})
        if self.etcd.read(WITNESS[0]) != WITNESS[1]:
            raise AssertionError("etcd lost the key that was written before the resize")
        return took

    def say(self, text: str) -> None:
        """One line."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _settle(self, questions: dict[str, Callable[[], State]]) -> dict[str, float]:
        return settle(Board(self.console), questions, self.patience)


def _resource(file: Path) -> dict[str, Any]:
    """The custom resource of an example file, which may bring a ServiceAccount and the like beside it."""
    return next(m for m in manifests_of(file) if m["kind"] in ("Cluster", "ElasticsearchCluster", "Prometheus"))
