"""etcd and Elasticsearch: a custom resource becomes a StatefulSet, one by one, many at once, and after an edit."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from common.kube.client import Client
from common.kube.resource import Resource
from deploy.install.cluster import Cluster
from tests.bench.idle import QUIET_AFTER, idle
from tests.bench.process import OperatorProcess
from tests.bench.seen import StatefulSets

ALONE = 10  # created one by one, each after a pause
EDITS = 20
PAUSE = 0.5  # seconds between those created one by one, so that each finds the operator idle
ONE_WITHIN = 60  # seconds
ALL_WITHIN = 420  # seconds

POD_TEMPLATE_EDIT = "bench.triad.dev/touch"


@dataclass(frozen=True)
class Subject:
    """An operator and the resource that it is measured with."""

    module: str
    resource: Resource
    spec: Mapping[str, Any]
    stateful_sets: int = 1
    """How many StatefulSets one resource becomes."""

    def manifest(self, namespace: str, name: str) -> dict[str, Any]:
        """The resource as it is created."""
        return {
            "apiVersion": self.resource.api_version,
            "kind": self.resource.kind,
            "metadata": {"name": name, "namespace": namespace},
            "spec": dict(self.spec),
        }

    def edited(self, value: str) -> dict[str, Any]:
        """A merge patch that changes the pod template, and with it the StatefulSet."""
        template = {"podTemplate": {"metadata": {"annotations": {POD_TEMPLATE_EDIT: value}}}}
        if "nodeSets" in self.spec:
            return {"spec": {"nodeSets": [node_set | template for node_set in self.spec["nodeSets"]]}}
        return {"spec": template}


ETCD = Subject(
    "etcd_operator",
    Resource("data.triad.dev", "v1", "EtcdCluster", "etcdclusters"),
    {"size": 3, "version": "3.6.16"},
)
ELASTICSEARCH = Subject(
    "es_operator",
    Resource("data.triad.dev", "v1", "ElasticsearchCluster", "elasticsearchclusters"),
    {"version": "8.19.0", "nodeSets": [{"name": "default", "count": 3}]},
)


@dataclass
class Run:
    """One measurement of one subject."""

    subject: Subject
    client: Client
    cluster: Cluster
    operator: OperatorProcess
    namespace: str
    clusters: int
    """How many there are in the end."""

    async def measure(self) -> dict[str, Any]:
        """All figures of the subject."""
        sets = StatefulSets(self.client, self.namespace)
        following = asyncio.create_task(sets.follow())
        try:
            figures: dict[str, Any] = {"clusters": self.clusters, "ready_s": round(self.operator.ready_seconds, 2)}
            figures |= await self._one_by_one(sets)
            figures |= await self._many_at_once(sets)
            await asyncio.sleep(QUIET_AFTER)
            figures |= await self._edits(sets)
            return figures | await idle(self.operator, self.cluster, self.namespace)
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    async def _create(self, name: str) -> None:
        await self.client.create(self.subject.manifest(self.namespace, name), self.subject.resource)

    def _complete(self, sets: StatefulSets, name: str) -> bool:
        return sets.count(name) >= self.subject.stateful_sets

    async def _one_by_one(self, sets: StatefulSets) -> dict[str, Any]:
        latencies = []
        for name in (f"c{i}" for i in range(min(ALONE, self.clusters))):
            began = time.perf_counter()
            await self._create(name)
            if not await sets.until(lambda name=name: self._complete(sets, name), ONE_WITHIN):  # type: ignore[misc]  # a lambda with a default
                raise RuntimeError(f"{name} has no StatefulSet after {ONE_WITHIN} s")
            latencies.append(sets.seen_at[name] - began)
            await asyncio.sleep(PAUSE)
        return _milliseconds("create", latencies)

    async def _many_at_once(self, sets: StatefulSets) -> dict[str, Any]:
        names = [f"c{i}" for i in range(ALONE, self.clusters)]
        cpu, began = self.operator.cpu_seconds(), time.perf_counter()
        await asyncio.gather(*map(self._create, names))
        created = time.perf_counter() - began
        everyone = await sets.until(lambda: all(self._complete(sets, name) for name in names), ALL_WITHIN)
        if not everyone:
            have = sum(self._complete(sets, name) for name in names)
            raise RuntimeError(f"{have} of {len(names)} have their StatefulSets after {ALL_WITHIN} s")
        return {
            "burst": len(names),
            "burst_created_s": round(created, 2),
            "burst_s": round(time.perf_counter() - began, 2),
            "burst_cpu_s": round(self.operator.cpu_seconds() - cpu, 2),
            "rss_burst_mb": self.operator.rss_mb(),
        }

    async def _edits(self, sets: StatefulSets) -> dict[str, Any]:
        latencies = []
        for i in range(EDITS):
            name = f"c{i % self.clusters}"
            before = sets.newest(name)
            await self.client.merge_patch(self.subject.resource, self.namespace, name, self.subject.edited(f"edit {i}"))
            began = time.perf_counter()
            if not await sets.until(lambda name=name, before=before: sets.newest(name) > before, ONE_WITHIN):  # type: ignore[misc]  # a lambda with defaults
                raise RuntimeError(f"the edit of {name} did not reach its StatefulSet in {ONE_WITHIN} s")
            # Seen on the watch before the answer to the edit was: as good as no time at all.
            latencies.append(max(0.0, sets.seen_at[name] - began))
        return _milliseconds("touch", latencies)


def _milliseconds(what: str, latencies: list[float]) -> dict[str, Any]:
    return {
        f"{what}_p50_ms": round(statistics.median(latencies) * 1000),
        f"{what}_max_ms": round(max(latencies) * 1000),
    }
