"""Whether Prometheus really scrapes the others: asked of Prometheus, not of the configuration it was given."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.demo.applications import Elasticsearch, Etcd, Prometheus
from deploy.install.waiting import State


@dataclass(frozen=True)
class Scraped:
    """What the demo expects Prometheus to see."""

    prometheus: Prometheus
    etcd: Etcd
    elasticsearch: Elasticsearch

    def etcd_members(self) -> State:
        """Every member of the etcd cluster is a target and up."""
        pods = {pod["metadata"]["name"] for pod in self.etcd.pods()}
        found = self.prometheus.query(f'up{{namespace="{self.etcd.namespace}",pod=~"{self.etcd.name}-.*"}} == 1')
        up = {sample["metric"]["pod"] for sample in found}
        return State(bool(pods) and pods <= up, f"{len(pods & up)}/{len(pods)} members up")

    def elasticsearch_health(self) -> State:
        """Elasticsearch has no metrics of its own; its operator measures it and is scraped."""
        found = self.prometheus.query(
            f'elasticsearch_cluster_health_status{{namespace="{self.elasticsearch.namespace}",'
            f'cluster="{self.elasticsearch.name}",color="green"}} == 1'
        )
        return State(bool(found), "seen green" if found else "not seen green")

    def operators(self) -> State:
        """All three operators are targets and up."""
        up = {
            name
            for name in ("etcd-operator", "es-operator", "prom-operator")
            if self.prometheus.query(f'up{{pod=~"{name}-.*"}} == 1')
        }
        return State(len(up) == 3, f"{len(up)}/3 up ({', '.join(sorted(up)) or 'none'})")

    def nothing_down(self) -> State:
        """No target fails."""
        down = self.prometheus.query("up == 0")
        names = sorted({s["metric"].get("pod") or s["metric"]["instance"] for s in down})
        return State(not down, "none" if not down else f"{len(down)} down: {', '.join(names[:4])}")
