"""A client that writes one item after the other, and knows which the application has acknowledged."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

REQUEST_SECONDS = 5.0
BACKOFF = 0.2  # seconds after a failed request, as a polite client does
RATE = 0.02  # seconds between two writes: steady load, not a benchmark


@dataclass
class Record:
    """What a writer has to show for itself."""

    acknowledged: list[int] = field(default_factory=list)
    failed: int = 0
    """Requests without an acknowledgement; each was tried again until it had one."""
    longest_gap: float = 0.0
    """The longest time, in seconds, between two acknowledgements."""
    last_failure: str = ""


class Writer(ABC):
    """Writes item 0, 1, 2, …; an item is written again until it is acknowledged."""

    def __init__(self) -> None:
        self.record = Record()

    @abstractmethod
    async def open(self) -> None:
        """Connect, and prepare what is written into."""

    @abstractmethod
    async def write(self, number: int) -> None:
        """One request. Returns only when it was acknowledged."""

    @abstractmethod
    async def reconnect(self) -> None:
        """Drop what a failure may have left half open."""

    @abstractmethod
    async def stored(self) -> set[int]:
        """All items that are there now, read from the application."""

    @abstractmethod
    async def close(self) -> None:
        """Disconnect."""

    async def run(self, stop: asyncio.Event) -> None:
        """Write until `stop`."""
        number, last = 0, time.monotonic()
        while not stop.is_set():
            try:
                async with asyncio.timeout(REQUEST_SECONDS):
                    await self.write(number)
            except Exception as failure:  # whatever a client raises under faults: it is counted and tried again
                self.record.failed += 1
                self.record.last_failure = f"{type(failure).__name__}: {failure}"[:200]
                await asyncio.sleep(BACKOFF)
                await self._try_to_reconnect()
                continue
            now = time.monotonic()
            self.record.longest_gap = max(self.record.longest_gap, now - last)
            self.record.acknowledged.append(number)
            number, last = number + 1, now
            await asyncio.sleep(RATE)
        self.record.longest_gap = max(self.record.longest_gap, time.monotonic() - last)

    async def _try_to_reconnect(self) -> None:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                await self.reconnect()
        except Exception as failure:  # the next request fails too, and is counted
            self.record.last_failure = f"{type(failure).__name__}: {failure}"[:200]

    async def result(self) -> dict[str, Any]:
        """The record, and which acknowledged items are missing."""
        missing = sorted(set(self.record.acknowledged) - await self.stored())
        return {
            "acknowledged": len(self.record.acknowledged),
            "failed_and_retried": self.record.failed,
            "longest_gap_s": round(self.record.longest_gap, 1),
            "missing": len(missing),
            "first_missing": missing[:10],
            "last_failure": self.record.last_failure,
        }
