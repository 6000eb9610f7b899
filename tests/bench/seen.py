"""StatefulSets as they appear on a watch, by the resource that owns them, with the moment each was seen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from common.kube.client import Client
from common.kube.codec import Event
from common.kube.objects import StatefulSet
from common.kube.resource import STATEFUL_SET


@dataclass
class StatefulSets:
    """Filled by `follow`; everything else asks or waits."""

    client: Client
    namespace: str
    generations: dict[str, dict[str, int]] = field(default_factory=dict)
    """Generation by name of the StatefulSet, by name of its owner."""
    seen_at: dict[str, float] = field(default_factory=dict)
    """The moment (perf_counter) when an owner's StatefulSet last changed its generation."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        """Runs until it is cancelled; a watch that the server ends is taken up again."""
        _, version = await self.client.list_(STATEFUL_SET, self.namespace, StatefulSet)
        while True:
            async for event in self.client.watch(STATEFUL_SET, self.namespace, StatefulSet, version):
                if isinstance(event, Event):
                    version = event.object.metadata.resource_version
                    if event.type != "DELETED":
                        self._note(event.object)
                else:
                    version = event.resource_version

    def _note(self, seen: StatefulSet) -> None:
        meta = seen.metadata
        of_owner = self.generations.setdefault(meta.controller.name if meta.controller else meta.name, {})
        if of_owner.get(meta.name) != meta.generation:
            of_owner[meta.name] = meta.generation
            self.seen_at[meta.controller.name if meta.controller else meta.name] = time.perf_counter()
            self._changed.set()

    def count(self, owner: str) -> int:
        """How many StatefulSets an owner has."""
        return len(self.generations.get(owner, {}))

    def newest(self, owner: str) -> int:
        """The sum of generations: grows with every change of any of them."""
        return sum(self.generations.get(owner, {}).values())

    async def until(self, question: Callable[[], bool], seconds: float) -> bool:
        """Wait for a change that makes it so. False when the time is up."""
        deadline = time.monotonic() + seconds
        while not question():
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), deadline - time.monotonic())
            except TimeoutError:
                return question()
        return True
