"""The queue of keys: each stands on it once, waits out its backoff, and comes back when it is due."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

from common.control.metrics import QUEUE_ADDS, QUEUE_DEPTH, QUEUE_RETRIES

K = TypeVar("K", bound=Hashable)

FIRST_BACKOFF = 0.005  # seconds; as client-go's DefaultControllerRateLimiter
LONGEST_BACKOFF = 1000.0  # seconds; as there


class WorkQueue(Generic[K]):
    """Keys to look at, without duplicates; a key that is being looked at is not given out a second time meanwhile.

    Must be used from one event loop.
    """

    def __init__(self, name: str) -> None:
        self._ready: deque[K] = deque()
        self._queued: set[K] = set()
        self._active: set[K] = set()
        self._again: set[K] = set()
        self._due: dict[K, asyncio.TimerHandle] = {}
        self._failures: dict[K, int] = {}
        self._wakeup = asyncio.Event()
        self._adds = QUEUE_ADDS.labels(name)
        self._depth = QUEUE_DEPTH.labels(name)
        self._retries = QUEUE_RETRIES.labels(name)

    def __len__(self) -> int:
        return len(self._ready)

    def add(self, key: K) -> None:
        """Look at the key as soon as can be; if it is being looked at, once more afterwards."""
        if key in self._active:
            self._again.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            self._ready.append(key)
            self._adds.inc()
            self._depth.set(len(self._ready))
            self._wakeup.set()

    def add_after(self, key: K, seconds: float) -> None:
        """Look at the key in so many seconds, or earlier if it was due earlier."""
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        timer = self._due.get(key)
        if timer is not None:
            if timer.when() <= due:
                return
            timer.cancel()
        self._due[key] = loop.call_at(due, self._came_due, key)

    def add_failed(self, key: K) -> float:
        """Look at the key again after its backoff, which doubles with each failure. Returns the backoff in seconds."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        backoff = min(FIRST_BACKOFF * 2.0 ** min(failures, 32), LONGEST_BACKOFF)
        self._retries.inc()
        self.add_after(key, backoff)
        return backoff

    def forget_failures(self, key: K) -> None:
        """The key was looked at without failing: its next backoff is the shortest again."""
        self._failures.pop(key, None)

    async def get(self) -> K:
        """The next key; `done` must follow. Whatever else was due for it is taken as served by this look."""
        while not self._ready:
            self._wakeup.clear()
            await self._wakeup.wait()
        key = self._ready.popleft()
        self._queued.discard(key)
        self._active.add(key)
        self._depth.set(len(self._ready))
        timer = self._due.pop(key, None)
        if timer is not None:
            timer.cancel()
        return key

    def done(self, key: K) -> None:
        """The look has ended."""
        self._active.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    def close(self) -> None:
        """Drop every timer."""
        for timer in self._due.values():
            timer.cancel()
        self._due.clear()

    def _came_due(self, key: K) -> None:
        self._due.pop(key, None)
        self.add(key)
