"""Kubernetes Events: the story that `kubectl describe` tells."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections import OrderedDict
from typing import Any, Literal

from common.control.condition import timestamp
from common.kube.client import Client
from common.kube.errors import ApiError
from common.kube.resource import EVENT
from common.resources.kind import CustomResource

log = logging.getLogger(__name__)

SILENCE = 600.0  # seconds in which the same sentence about the same object is not told again
REMEMBERED = 4096  # sentences
LONGEST_NOTE = 1024  # characters; the API server refuses longer ones
MOST_IN_FLIGHT = 8  # requests: events never crowd out the writes that they tell of


class Recorder:
    """Tells events without making anybody wait; an event that cannot be written is dropped, with a log line."""

    def __init__(self, client: Client, reporter: str) -> None:
        self._client = client
        self._reporter = reporter
        self._instance = socket.gethostname()[:128]
        self._told: OrderedDict[tuple[str, str, str], float] = OrderedDict()
        self._slots = asyncio.Semaphore(MOST_IN_FLIGHT)
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(
        self, about: CustomResource, level: Literal["Normal", "Warning"], reason: str, action: str, note: str
    ) -> None:
        """Write one event about a custom resource, unless the same was told lately."""
        sentence = (about.metadata.uid, reason, note)
        now = time.monotonic()
        if now - self._told.get(sentence, -SILENCE) < SILENCE:
            return
        self._told[sentence] = now
        self._told.move_to_end(sentence)
        while len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        task = asyncio.create_task(self._write(self._event(about, level, reason, action, note)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Let the events under way be written."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _event(self, about: CustomResource, level: str, reason: str, action: str, note: str) -> dict[str, Any]:
        now = time.time()
        resource, meta = about.kind.resource, about.metadata
        return {
            "apiVersion": EVENT.api_version,
            "kind": EVENT.kind,
            "metadata": {"name": f"{meta.name[:200]}.{time.time_ns():x}", "namespace": meta.namespace},
            "eventTime": f"{timestamp(now)[:-1]}.{int(now % 1 * 1e6):06d}Z",
            "reportingController": self._reporter,
            "reportingInstance": self._instance,
            "type": level,
            "reason": reason,
            "action": action,
            "note": note if len(note) <= LONGEST_NOTE else note[: LONGEST_NOTE - 1] + "…",
            "regarding": {
                "apiVersion": resource.api_version,
                "kind": resource.kind,
                "namespace": meta.namespace,
                "name": meta.name,
                "uid": meta.uid,
            },
        }

    async def _write(self, event: dict[str, Any]) -> None:
        async with self._slots:
            try:
                await self._client.create(event)
            except (ApiError, OSError, TimeoutError) as error:
                log.warning("An event could not be written", extra={"reason": event["reason"], "error": str(error)})
