"""The chaos run's own parts: a lost write is found, a refused one is tried again, a seed is a plan."""

import asyncio
from typing import Any, cast

from deploy.install.cluster import Cluster
from tests.chaos.monkey import Monkey
from tests.chaos.writer import Writer


class Forgetful(Writer):
    """Refuses every third request, and forgets item 2 after acknowledging it."""

    def __init__(self, until: int, stop: asyncio.Event) -> None:
        super().__init__()
        self.items: set[int] = set()
        self.requests = 0
        self.until, self.stop = until, stop

    async def open(self) -> None: ...

    async def reconnect(self) -> None: ...

    async def close(self) -> None: ...

    async def write(self, number: int) -> None:
        self.requests += 1
        if self.requests % 3 == 0:
            raise ConnectionError("refused")
        self.items.add(number)
        if number == self.until:
            self.stop.set()

    async def stored(self) -> set[int]:
        return self.items - {2}


async def test_what_was_acknowledged_and_is_gone_is_reported() -> None:
    stop = asyncio.Event()
    writer = Forgetful(until=4, stop=stop)
    await writer.run(stop)
    result = await writer.result()
    assert (result["acknowledged"], result["failed_and_retried"], result["first_missing"]) == (5, 2, [2])


class Pods:
    """As much of a cluster as the monkey touches."""

    def __init__(self) -> None:
        self.deleted: list[tuple[str, int | None]] = []

    def path(self, api_version: str, kind: str, namespace: str, name: str) -> str:
        return name

    def request(self, method: str, path: str, options: dict[str, Any]) -> bytes:
        self.deleted.append((path, options.get("gracePeriodSeconds")))
        return b""


def _attacks(seed: int) -> list[tuple[str, int | None]]:
    pods = Pods()
    victims = {
        name: lambda name=name: [
            {"metadata": {"name": f"{name}-{i}", "namespace": "default", "uid": f"{name}-{i}"}} for i in range(3)
        ]
        for name in ("a", "b")
    }
    monkey = Monkey(cast(Cluster, pods), victims, frozenset({"a"}), seed, lambda text: None)
    for _ in range(20):
        monkey.attack()
    return pods.deleted


def test_a_seed_is_a_plan() -> None:
    assert _attacks(1) == _attacks(1) != _attacks(2)


def test_favourites_die_more_often() -> None:
    attacked = [name for seed in range(20) for name, _ in _attacks(seed)]
    assert sum(name.startswith("a") for name in attacked) > 2 * sum(name.startswith("b") for name in attacked)
