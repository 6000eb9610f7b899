"""What an operator costs while nothing happens."""

from __future__ import annotations

import asyncio

from deploy.install.cluster import Cluster
from tests.bench.process import OperatorProcess
from tests.writes import write_requests

IDLE_SECONDS = 30
QUIET_AFTER = 20  # seconds for events and statuses of what came before to be written


async def idle(operator: OperatorProcess, cluster: Cluster) -> dict[str, float]:
    """CPU seconds and write requests over IDLE_SECONDS, and the memory at the end."""
    await asyncio.sleep(QUIET_AFTER)
    cpu, writes = operator.cpu_seconds(), write_requests(cluster).total()
    await asyncio.sleep(IDLE_SECONDS)
    return {
        "idle_cpu_s": round(operator.cpu_seconds() - cpu, 2),
        "idle_writes": write_requests(cluster).total() - writes,
        "rss_end_mb": operator.rss_mb(),
    }
