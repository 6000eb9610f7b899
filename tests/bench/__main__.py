"""`python -m tests.bench`: measures the operators against the cluster of KUBECONFIG; prints one JSON object."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from common.kube.client import Client
from common.kube.config import access_from
from common.kube.resource import NAMESPACE
from deploy.install.cluster import Cluster
from tests.bench import table
from tests.bench.clusters import ELASTICSEARCH, ETCD, Run, Subject
from tests.bench.monitors import MonitorsRun
from tests.bench.process import OperatorProcess

LOGS = Path(".out/bench")
GONE_WITHIN = 120  # seconds for a namespace and all in it


def main() -> int:
    """Measure what was asked for, one after the other."""
    parser = argparse.ArgumentParser("python -m tests.bench", description=__doc__)
    parser.add_argument("operators", nargs="*", metavar="OPERATOR", help="etcd, elasticsearch, prometheus: default all")
    parser.add_argument("--clusters", type=int, default=100, help="etcd and Elasticsearch clusters: 10, then the rest")
    parser.add_argument("--prometheuses", type=int, default=100)
    parser.add_argument("--monitors", type=int, default=500)
    parser.add_argument("--write", action="store_true", help="put the figures into docs/benchmarks.md as well")
    options = parser.parse_args()
    kubeconfig = os.environ.get("KUBECONFIG")
    if not kubeconfig:
        print("KUBECONFIG is not set: `make bench` starts a cluster without nodes for it", file=sys.stderr)
        return 2
    results = asyncio.run(_measure(kubeconfig, options))
    machine = {"cpus": os.cpu_count(), "python": platform.python_version()}
    print(json.dumps({"machine": machine, **results}, indent=2))
    measured = {name: result for name, result in results.items() if "error" not in result}
    if options.write:
        table.write(measured)
    return int(measured.keys() != results.keys())


async def _measure(kubeconfig: str, options: argparse.Namespace) -> dict[str, Any]:
    cluster = Cluster(kubeconfig)

    def of(subject: Subject) -> Callable[[Client, OperatorProcess, str], Coroutine[Any, Any, dict[str, Any]]]:
        return lambda client, process, namespace: Run(
            subject, client, cluster, process, namespace, options.clusters
        ).measure()

    subjects = {
        "etcd": (ETCD.module, of(ETCD)),
        "elasticsearch": (ELASTICSEARCH.module, of(ELASTICSEARCH)),
        "prometheus": (
            "prom_operator",
            lambda client, process, namespace: MonitorsRun(
                client, cluster, process, namespace, options.prometheuses, options.monitors
            ).measure(),
        ),
    }
    results: dict[str, Any] = {}
    async with Client(access_from(kubeconfig)) as client:
        for name in options.operators or subjects:
            module, measure = subjects[name]
            print(f"measuring {name}", file=sys.stderr)
            try:
                async with (
                    _namespace(client, f"bench-{name}-{int(time.time())}") as namespace,
                    OperatorProcess(module, kubeconfig, LOGS / f"{module}.log") as process,
                ):
                    results[name] = await measure(client, process, namespace)
            except RuntimeError as problem:
                results[name] = {"error": str(problem)}
    return results


@asynccontextmanager
async def _namespace(client: Client, name: str) -> AsyncIterator[str]:
    """A namespace of its own, gone before the next measurement begins."""
    await client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, NAMESPACE)
    try:
        yield name
    finally:
        await client.delete(NAMESPACE, None, name)
        for _ in range(GONE_WITHIN):
            if await client.get(NAMESPACE, None, name) is None:
                break
            await asyncio.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
