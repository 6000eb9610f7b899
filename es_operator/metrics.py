"""Health of the clusters as Prometheus metrics, under the names that Elasticsearch's exporter made known.

Elasticsearch has no endpoint for Prometheus of its own, so the operator's carries what it sees anyway.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from common.control.metrics import REGISTRY
from common.control.operator import Key, World
from es_operator.observation import Health

LABELS = ("kind", "namespace", "cluster")
COLORS = ("green", "yellow", "red")
NUMBERS = (
    "number_of_nodes", "number_of_data_nodes", "active_shards", "relocating_shards", "initializing_shards",
    "unassigned_shards",
)  # fmt: skip


class ClusterHealth(Collector):
    """The last health seen of each cluster that still exists."""

    def __init__(self) -> None:
        self._seen: dict[Key, tuple[World, Health | None]] = {}

    def saw(self, key: Key, world: World, health: Health | None) -> None:
        """Remember a cluster's health; None: it does not answer."""
        self._seen[key] = (world, health)

    def collect(self) -> Iterator[Metric]:
        """Clusters that were deleted meanwhile are forgotten here: nobody looks at them any more."""
        self._seen = {key: seen for key, seen in self._seen.items() if seen[0].resource(key) is not None}
        up = GaugeMetricFamily("elasticsearch_cluster_up", "1 where an elected master answers.", labels=LABELS)
        status = GaugeMetricFamily(
            "elasticsearch_cluster_health_status", "1 for the colour that the cluster has.", labels=(*LABELS, "color")
        )
        numbers = {
            name: GaugeMetricFamily(f"elasticsearch_cluster_health_{name}", f"{name} of the cluster.", labels=LABELS)
            for name in NUMBERS
        }
        for key, (_, health) in self._seen.items():
            up.add_metric(key, health is not None)
            for color in COLORS:
                status.add_metric((*key, color), health is not None and health.status == color)
            for name, family in numbers.items():
                if health is not None:
                    family.add_metric(key, getattr(health, name))
        yield from (up, status, *numbers.values())


CLUSTERS = ClusterHealth()
REGISTRY.register(CLUSTERS)
