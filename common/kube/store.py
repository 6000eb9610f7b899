"""What is known of the objects of one resource, found by name or by the cluster that they belong to.

A Store makes no requests. Informers fill it, answers to writes are put into it, and `plan` fills it from files.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, Protocol, TypeVar

import msgspec

from common.kube.objects import Meta

log = logging.getLogger(__name__)

TOMBSTONES = 1024  # deletions remembered: far more than answers that can be on their way at once


class HasMeta(Protocol):
    """All that a Store asks of an object."""

    @property
    def metadata(self) -> Meta:
        """Its name, namespace and resourceVersion."""


T = TypeVar("T", bound=HasMeta)


def version_of(resource_version: str) -> int:
    """A resourceVersion as a number, 0 where it says nothing (an object from a file).

    Clients were long told not to compare them. All storage that the API server has counts upwards, and KEP-5504 makes
    comparing part of the interface.
    """
    return int(resource_version) if resource_version.isdecimal() else 0


class Store(Generic[T]):
    """The newest known state of each object. Time never goes backwards in it.

    The answer to a write and the event that tells of it arrive in any order. So `put` takes only a newer
    resourceVersion, and neither undoes the other; a late answer does not bring back what was deleted meanwhile.
    `on_change` is called once for each change, with the old and the new object, whichever of the two came first.
    """

    def __init__(self, key_of: Callable[[T], Hashable | None] | None = None) -> None:
        self.on_change: list[Callable[[T | None, T | None], None]] = []
        self.decode: Callable[[msgspec.Raw | bytes], T] | None = None
        """How an answer of the API server becomes an object of this store; the informer that fills it sets this."""
        self._key_of = key_of
        self._objects: dict[tuple[str, str], T] = {}
        self._index: dict[Hashable, dict[tuple[str, str], T]] = {}
        self._gone: dict[tuple[str, str], int] = {}

    def get(self, namespace: str, name: str) -> T | None:
        """The object of that name."""
        return self._objects.get((namespace, name))

    def of(self, key: Hashable) -> list[T]:
        """The objects for which `key_of` gave this key, sorted by name."""
        found = self._index.get(key)
        if not found:
            return []
        return [found[at] for at in sorted(found, key=lambda at: (at[1], at[0]))]

    def all(self) -> list[T]:
        """Every object; a list of its own, so that a change while it is walked does no harm."""
        return list(self._objects.values())

    def __len__(self) -> int:
        return len(self._objects)

    def __iter__(self) -> Iterator[T]:
        return iter(self.all())

    def put(self, new: T) -> bool:
        """Take in a state of an object. False where it is not newer than what is known."""
        at = (new.metadata.namespace, new.metadata.name)
        version = version_of(new.metadata.resource_version)
        old = self._objects.get(at)
        if version:
            known = self._gone.get(at, 0) if old is None else version_of(old.metadata.resource_version)
            if version <= known:
                return False
        self._objects[at] = new
        self._gone.pop(at, None)
        self._reindex(at, old, new)
        self._tell(old, new)
        return True

    def discard(self, namespace: str, name: str, resource_version: str = "") -> bool:
        """Take out a deleted object. False where it is not known, or known in a state newer than the deletion."""
        at = (namespace, name)
        version = version_of(resource_version)
        old = self._objects.get(at)
        if old is not None and version and version < version_of(old.metadata.resource_version):
            return False
        if version:
            self._bury(at, version)
        if old is None:
            return False
        del self._objects[at]
        self._reindex(at, old, None)
        self._tell(old, None)
        return True

    def _bury(self, at: tuple[str, str], version: int) -> None:
        self._gone[at] = max(version, self._gone.pop(at, 0))
        if len(self._gone) > TOMBSTONES:
            del self._gone[next(iter(self._gone))]

    def _reindex(self, at: tuple[str, str], old: T | None, new: T | None) -> None:
        if self._key_of is None:
            return
        before = None if old is None else self._key_of(old)
        after = None if new is None else self._key_of(new)
        if before is not None and before != after:
            group = self._index[before]
            del group[at]
            if not group:
                del self._index[before]
        if after is not None and new is not None:
            self._index.setdefault(after, {})[at] = new

    def _tell(self, old: T | None, new: T | None) -> None:
        for listener in self.on_change:
            try:
                listener(old, new)
            except Exception:
                # One listener's mistake must not keep the change from the others, nor end the watch.
                log.exception("a listener failed")
