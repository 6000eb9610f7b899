"""`python -m deploy.demo`: the whole demo; exits 1 when something was not ready in time, and says where to look."""

from __future__ import annotations

import argparse
import os
import sys
import time

from rich.console import Console
from rich.table import Table

from deploy.demo.story import Story
from deploy.install.cluster import Cluster
from deploy.install.kubeconfig import kubeconfig
from deploy.install.waiting import NotInTime

PATIENCE = 600  # seconds for one part of the demo


def main() -> int:
    """Tell the story part by part, then sum it up."""
    parser = argparse.ArgumentParser("python -m deploy.demo", description=__doc__)
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds that one part may take")
    options = parser.parse_args()
    console = Console()
    _heading(
        console, "1. A Kubernetes cluster" + (" (yours: KUBECONFIG is set)" if os.environ.get("KUBECONFIG") else "")
    )
    began = time.monotonic()
    cluster = Cluster(kubeconfig())
    rows = [("cluster", "up", time.monotonic() - began)]
    story = Story(cluster, console, options.patience)
    parts = (
        ("2. Three operators, one manifest each", "available", story.install),
        ("3. Three applications, from examples of 2017 and today", "ready", story.create),
        ("4. Prometheus scrapes the others", "scraped", story.scrape),
        ("5. A resize of each", "resized", story.resize),
        ("6. Prometheus follows the resize", "scraped", story.follow),
    )
    for title, done, part in parts:
        _heading(console, title)
        try:
            took = part()
        except NotInTime as problem:
            return _explain(story, str(problem))
        rows += [(name, done, seconds) for name, seconds in took.items() if title[0] != "6"]
    _summary(console, rows, time.monotonic() - began)
    _afterwards(story)
    return 0


def _heading(console: Console, text: str) -> None:
    console.print(f"\n[bold]{text}[/]", highlight=False)


def _summary(console: Console, rows: list[tuple[str, str, float]], total: float) -> None:
    table = Table(title="Summary", title_justify="left", box=None, padding=(0, 2))
    table.add_column("what")
    table.add_column("")
    table.add_column("seconds", justify="right")
    for name, done, seconds in rows:
        table.add_row(name, done, f"{seconds:.1f}")
    table.add_row("all of it", "", f"{total:.1f}")
    console.print()
    console.print(table)


def _afterwards(story: Story) -> None:
    given = os.environ.get("KUBECONFIG")
    story.say("\nEverything keeps running. Look around:")
    if not given:
        story.say(f"  export KUBECONFIG={story.cluster.kubeconfig}")
    for line in (
        "kubectl get clusters.etcd.coreos.com,elasticsearchclusters.enterprises.upmc.com,prometheuses",
        "kubectl get events --sort-by=.lastTimestamp | tail -30",
        "kubectl port-forward svc/prometheus-operated 9090    # then http://localhost:9090/targets",
    ):
        story.say(f"  {line}")
    if not given:
        story.say("Take it down: make cluster-down")


def _explain(story: Story, problem: str) -> int:
    story.say(f"\nFAILED: {problem}")
    for application in story.applications:
        try:
            trouble = application.trouble()
        except Exception as error:  # the explanation must not hide what it explains
            trouble = [f"cannot be looked at: {error}"]
        for line in trouble:
            story.say(f"  {application.title}: {line}")
    story.say("\nWhat to look at:")
    story.say(f"  export KUBECONFIG={story.cluster.kubeconfig}")
    for application in story.applications:
        story.say(f"  kubectl -n {application.namespace} describe {application.typed_name}")
    for operator in ("etcd-operator", "es-operator", "prom-operator"):
        story.say(f"  kubectl logs deployment/{operator}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
