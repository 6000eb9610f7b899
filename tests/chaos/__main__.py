"""`python -m tests.chaos`: one run; prints a JSON summary; exits 1 when a write is lost or something stays down."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import sys
import time
from typing import Any

from rich.console import Console

from deploy.demo.board import Board
from deploy.demo.settle import settle
from deploy.install.cluster import Cluster
from deploy.install.kubeconfig import kubeconfig
from deploy.install.waiting import NotInTime
from tests.chaos.clients import ElasticsearchWriter, EtcdWriter
from tests.chaos.monkey import Monkey
from tests.chaos.scene import Scene
from tests.chaos.writer import Writer

READY_WITHIN = 420  # seconds for everything to be there before it begins
SETTLED_WITHIN = 420  # seconds for everything to be well again afterwards


def main() -> int:
    """Set the scene, let the monkey loose, wait until all is well, count."""
    parser = argparse.ArgumentParser("python -m tests.chaos", description=__doc__)
    parser.add_argument("--duration", type=float, default=float(os.environ.get("DURATION") or 180), help="seconds")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or secrets.randbelow(10**6)))
    options = parser.parse_args()
    console = Console(stderr=True)
    console.print(f"chaos: SEED={options.seed} DURATION={options.duration:g}", highlight=False)
    scene = Scene(Cluster(kubeconfig()))
    scene.set()
    try:
        settle(Board(console), scene.questions(), READY_WITHIN)
        summary = asyncio.run(_run(scene, console, options.duration, options.seed))
    except NotInTime as problem:
        print(f"chaos: {problem}", file=sys.stderr)
        for application in scene.applications:
            print(*(f"  {application.title}: {line}" for line in application.trouble()), sep="\n", file=sys.stderr)
        print(f"chaos: to see it again: make chaos SEED={options.seed} DURATION={options.duration:g}", file=sys.stderr)
        return 1
    print(json.dumps(summary, indent=2))
    lost = summary["etcd"]["missing"] + summary["elasticsearch"]["missing"]
    idle = not summary["etcd"]["acknowledged"] or not summary["elasticsearch"]["acknowledged"]
    return int(lost > 0 or idle)


async def _run(scene: Scene, console: Console, duration: float, seed: int) -> dict[str, Any]:
    run = f"{seed}-{int(time.time())}"
    writers: dict[str, Writer] = {
        "etcd": EtcdWriter(scene.address_of(scene.etcd), run),
        "elasticsearch": ElasticsearchWriter(scene.address_of(scene.elasticsearch), run),
    }
    stop, began = asyncio.Event(), time.monotonic()

    def say(text: str) -> None:
        console.print(f"  {time.monotonic() - began:6.1f} s  {text}", highlight=False, markup=False)

    monkey = Monkey(scene.cluster, scene.victims(), scene.databases, seed, say)
    try:
        for writer in writers.values():
            await writer.open()
        writing = [asyncio.create_task(writer.run(stop)) for writer in writers.values()]
        await asyncio.to_thread(monkey.run, duration)
        say("the monkey has gone; waiting until all is well")
        settled = await asyncio.to_thread(settle, Board(console), scene.questions(), SETTLED_WITHIN)
        stop.set()
        await asyncio.gather(*writing)
        results = {name: await writer.result() for name, writer in writers.items()}
    finally:
        stop.set()
        for writer in writers.values():
            await writer.close()
    return {
        "seed": seed,
        "seconds": duration,
        "kills": dict(sorted(monkey.kills.items())),
        "settled_after_s": round(max(settled.values()), 1),
        **results,
    }


if __name__ == "__main__":
    sys.exit(main())
