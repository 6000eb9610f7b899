"""What an operator costs while nothing happens."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from deploy.install.cluster import Cluster
from tests.bench.process import OperatorProcess
from tests.writes import write_requests

IDLE_SECONDS = 30
QUIET_AFTER = 20  # seconds for events and statuses of what came before to be written


async def idle(operator: OperatorProcess, cluster: Cluster, namespace: str) -> dict[str, Any]:
    """CPU seconds and write requests over IDLE_SECONDS, and the memory at the end."""
    await asyncio.sleep(QUIET_AFTER)
    cpu, writes = operator.cpu_seconds(), await asyncio.to_thread(_writes, cluster, namespace)
    await asyncio.sleep(IDLE_SECONDS)
    cpu = operator.cpu_seconds() - cpu
    written = await asyncio.to_thread(_writes, cluster, namespace) - writes
    return {
        "idle_cpu_s": round(cpu, 2),
        "idle_writes": len(written),
        "idle_writes_of": dict(Counter(f"{who} {what}" for who, what, _ in written)),
        "rss_end_mb": operator.rss_mb(),
    }


def _writes(cluster: Cluster, namespace: str) -> set[tuple[str, str, int | str]]:
    """Write requests as the API server counts them, one element each; events by their reporter.

    Without nodes and volumes Kubernetes' own controllers repeat for ever that claims stay unbound.
    """
    counted = {
        (verb, resource, number)
        for (verb, resource), total in write_requests(cluster).items()
        if resource != "events"
        for number in range(total)
    }
    told = {
        (event["reportingController"], event["metadata"]["name"], event["metadata"]["resourceVersion"])
        for event in cluster.list_("events.k8s.io/v1", "Event", namespace)
        if event.get("reportingController", "").endswith("-operator")
    }
    return counted | told
