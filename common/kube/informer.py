"""Keeps a Store equal to what the API server has: list once, then watch, and list again when the thread is lost."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Hashable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from common.kube.client import Client
from common.kube.codec import Bookmark, Codec, Event, codec_of
from common.kube.errors import ApiError, Gone, TooManyRequests, Unreachable
from common.kube.resource import Resource
from common.kube.store import HasMeta, Store

log = logging.getLogger(__name__)

T = TypeVar("T", bound=HasMeta)

FIRST_PAUSE = 0.2  # seconds before the first new try after a failure; doubles each time
LONGEST_PAUSE = 30.0  # seconds, as in client-go's reflector
HEALTHY = 5.0  # seconds that a watch must hold for its end to count as ordinary


def no_key(seen: Any) -> Hashable | None:
    """For objects that are found by name only."""
    return None


@dataclass(frozen=True)
class Watch(Generic[T]):
    """What to watch, and how much of it to keep."""

    resource: Resource
    view: type[T]
    label_selector: str = ""
    key_of: Callable[[T], Hashable | None] = no_key
    only_metadata: bool = False
    """Ask for metadata alone (PartialObjectMetadata): so Secrets' values never come here."""
    decode: Callable[[msgspec.Raw | bytes], T] | None = None
    """How to decode where the view is no Struct that msgspec can build by itself."""


class Informer(Generic[T]):
    """One watch a namespace (None: all namespaces) into one Store.

    No event is lost: a watch that ends or breaks goes on from the last resourceVersion; where that is not possible
    (410, or an ERROR in the watch) all is listed again, and what is missing from the list is reported as deleted.
    """

    def __init__(
        self, client: Client, watch: Watch[T], namespaces: Sequence[str | None], store: Store[T] | None = None
    ) -> None:
        self.store: Store[T] = Store(watch.key_of) if store is None else store
        self.synced = asyncio.Event()
        """Set once everything was listed for the first time."""
        self.watch = watch
        self._client = client
        self._codec: Codec[T] = Codec(watch.view, watch.decode) if watch.decode else codec_of(watch.view)
        self.store.decode = self._codec.decode
        self._namespaces = tuple(dict.fromkeys(namespaces)) if watch.resource.namespaced else (None,)
        self._unlisted = set(self._namespaces)
        self._position: dict[str | None, str] = dict.fromkeys(self._namespaces, "")
        self._task: asyncio.Task[None] | None = None

    @property
    def on_change(self) -> list[Callable[[T | None, T | None], None]]:
        """Called with the old and the new object (None: there was none, or is none) once for each change."""
        return self.store.on_change

    async def run(self) -> None:
        """Run until `stop` or cancelled."""
        self._task = asyncio.ensure_future(self._run_all())
        try:
            await asyncio.wait({self._task})
        finally:
            self._task.cancel()
        if not self._task.cancelled():
            self._task.result()

    def stop(self) -> None:
        """End `run`. The store keeps what it has."""
        if self._task is not None:
            self._task.cancel()

    async def _run_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for namespace in self._namespaces:
                group.create_task(self._follow(namespace))

    async def _follow(self, namespace: str | None) -> None:
        pauses = Pauses(FIRST_PAUSE, LONGEST_PAUSE)
        clock = asyncio.get_running_loop().time
        while True:
            since = clock()
            try:
                if not self._position[namespace]:
                    await self._list(namespace)
                await self._take_changes(namespace)
                if clock() - since >= HEALTHY:
                    pauses.reset()
                    continue
            except Gone:
                self._position[namespace] = ""
                log.info("the watch fell behind, listing again", extra=self._where(namespace))
            except (Unreachable, TooManyRequests) as lost:
                log.info("the watch was cut off", extra=self._where(namespace) | {"error": str(lost)})
            except ApiError as error:
                self._position[namespace] = ""  # what was missed is not known
                log.warning("the watch failed", extra=self._where(namespace) | {"error": str(error)})
            except Exception:
                self._position[namespace] = ""
                log.exception("the watch failed", extra=self._where(namespace))
            if clock() - since >= HEALTHY:
                pauses.reset()
            await pauses.next()

    async def _list(self, namespace: str | None) -> None:
        watch = self.watch
        listing = await self._client.listing(
            watch.resource, namespace, self._codec, watch.label_selector, watch.only_metadata
        )
        there = {(o.metadata.namespace, o.metadata.name) for o in listing.items} | listing.unread
        for seen in listing.items:
            self.store.put(seen)
        for known in self.store.all():
            meta = known.metadata
            in_scope = namespace is None or meta.namespace == namespace
            if in_scope and (meta.namespace, meta.name) not in there:
                # An object made after the list was taken is newer than it, and stays.
                self.store.discard(meta.namespace, meta.name, listing.resource_version)
        self._unlisted.discard(namespace)
        if not self._unlisted:
            self.synced.set()
        self._position[namespace] = listing.resource_version

    async def _take_changes(self, namespace: str | None) -> None:
        watch = self.watch
        events = self._client.watch(
            watch.resource, namespace, watch.view, self._position[namespace], watch.label_selector,
            watch.only_metadata, self._codec,
        )  # fmt: skip
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Bookmark):
                    position = event.resource_version
                else:
                    self._take_in(event)
                    position = event.object.metadata.resource_version
                self._position[namespace] = position or self._position[namespace]

    def _take_in(self, event: Event[T]) -> None:
        if event.type == "DELETED":
            meta = event.object.metadata
            self.store.discard(meta.namespace, meta.name, meta.resource_version)
        else:
            self.store.put(event.object)

    def _where(self, namespace: str | None) -> dict[str, str]:
        return {"resource": self.watch.resource.plural, "namespace": namespace or "*"}


class Pauses:
    """Waits that double, each cut at random so that many clients do not come back together."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = self._upcoming = first
        self._longest = longest

    async def next(self) -> None:
        """Wait."""
        await asyncio.sleep(self._upcoming * random.uniform(0.5, 1))  # noqa: S311
        self._upcoming = min(self._longest, self._upcoming * 2)

    def reset(self) -> None:
        """All is well again."""
        self._upcoming = self._first
