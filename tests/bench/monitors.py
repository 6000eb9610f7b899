"""Prometheus: many resources and monitors at once, then the way of one edited monitor into the configuration."""

from __future__ import annotations

import asyncio
import base64
import gzip
import statistics
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import msgspec

from common.kube.client import Client
from common.kube.objects import Body, Object
from common.kube.resource import SECRET, SERVICE_MONITOR, STATEFUL_SET, Resource
from deploy.install.cluster import Cluster
from tests.bench.idle import idle
from tests.bench.process import OperatorProcess

PROMETHEUS = Resource("monitoring.coreos.com", "v1", "Prometheus", "prometheuses")
ALL_WITHIN = 400  # seconds
EDIT_WITHIN = 20  # seconds
EDITS = 20
POLL = 0.01  # seconds
GROUP = "group"


@dataclass
class MonitorsRun:
    """One measurement: `prometheuses` resources without pods, which share `monitors` ServiceMonitors evenly."""

    client: Client
    cluster: Cluster
    operator: OperatorProcess
    namespace: str
    prometheuses: int
    monitors: int

    async def measure(self) -> dict[str, Any]:
        """All figures."""
        cpu, began = self.operator.cpu_seconds(), time.perf_counter()
        await asyncio.gather(*(self._create_monitor(i) for i in range(self.monitors)))
        await asyncio.gather(*(self._create_prometheus(i) for i in range(self.prometheuses)))
        created = time.perf_counter() - began
        while not await self._all_configured():
            if time.perf_counter() - began > ALL_WITHIN:
                raise RuntimeError(f"not all of {self.prometheuses} are configured after {ALL_WITHIN} s")
            await asyncio.sleep(0.25)
        figures = {
            "prometheuses": self.prometheuses,
            "monitors": self.monitors,
            "ready_s": round(self.operator.ready_seconds, 2),
            "created_s": round(created, 2),
            "all_configured_s": round(time.perf_counter() - began, 2),
            "burst_cpu_s": round(self.operator.cpu_seconds() - cpu, 2),
            "rss_burst_mb": self.operator.rss_mb(),
        }
        return figures | await self._edits() | await idle(self.operator, self.cluster, self.namespace)

    async def _create_monitor(self, number: int) -> None:
        manifest = {
            "apiVersion": SERVICE_MONITOR.api_version,
            "kind": SERVICE_MONITOR.kind,
            "metadata": {
                "name": f"m{number}", "namespace": self.namespace,
                "labels": {GROUP: str(number % self.prometheuses)},
            },
            "spec": {
                "selector": {"matchLabels": {"app": f"a{number}"}},
                "endpoints": [{"port": "web", "interval": "30s"}],
            },
        }  # fmt: skip
        await self.client.create(manifest, SERVICE_MONITOR)

    async def _create_prometheus(self, number: int) -> None:
        manifest = {
            "apiVersion": PROMETHEUS.api_version,
            "kind": PROMETHEUS.kind,
            "metadata": {"name": f"p{number}", "namespace": self.namespace},
            "spec": {"replicas": 0, "serviceMonitorSelector": {"matchLabels": {GROUP: str(number)}}},
        }
        await self.client.create(manifest, PROMETHEUS)

    async def _all_configured(self) -> bool:
        """Each has its StatefulSet, and a configuration with a job for each of its monitors."""
        sets, _ = await self.client.list_(STATEFUL_SET, self.namespace, Object)
        if len(sets) < self.prometheuses:
            return False
        secrets, _ = await self.client.list_(SECRET, self.namespace, Body)
        configurations = {s.metadata.name: configuration_of(s) for s in secrets}
        wanted = Counter(i % self.prometheuses for i in range(self.monitors))
        return all(
            configurations.get(f"prometheus-p{i}", "").count("job_name:") >= wanted[i]
            for i in range(self.prometheuses)
        )  # fmt: skip

    async def _edits(self) -> dict[str, Any]:
        latencies = []
        for i in range(EDITS):
            number, interval = i % self.prometheuses, f"{31 + i}s"
            spec = {"spec": {"endpoints": [{"port": "web", "interval": interval}]}}
            await self.client.merge_patch(SERVICE_MONITOR, self.namespace, f"m{number}", spec)
            began = time.perf_counter()
            while f"scrape_interval: {interval}" not in await self._configuration(number):
                if time.perf_counter() - began > EDIT_WITHIN:
                    raise RuntimeError(f"the edit of m{number} did not reach the configuration in {EDIT_WITHIN} s")
                await asyncio.sleep(POLL)
            latencies.append(time.perf_counter() - began)
        return {
            "touch_p50_ms": round(statistics.median(latencies) * 1000),
            "touch_max_ms": round(max(latencies) * 1000),
        }

    async def _configuration(self, number: int) -> str:
        secret = await self.client.get_as(SECRET, self.namespace, f"prometheus-p{number}", Body)
        return configuration_of(secret) if secret else ""


def configuration_of(secret: Body) -> str:
    """The text of the configuration that a Secret carries, or nothing where it carries none."""
    if not isinstance(secret.data, msgspec.Raw):
        return ""
    packed = msgspec.json.decode(secret.data, type=dict[str, str]).get("prometheus.yaml.gz")
    return gzip.decompress(base64.b64decode(packed)).decode() if packed else ""
