"""JSON of lists and watches to objects, one typed decoder a projection, so that nothing is built that nobody reads."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Raw, Struct, field

from common.kube.errors import error_of
from common.kube.store import HasMeta

log = logging.getLogger(__name__)

T = TypeVar("T", bound=HasMeta)
X = TypeVar("X")


class ListMeta(Struct, rename="camel", frozen=True):
    """Where a list stands."""

    resource_version: str = ""
    continue_: str = field(default="", name="continue")


class Page(Struct, Generic[X], frozen=True):
    """One page of a list."""

    metadata: ListMeta
    items: list[X] | None = None


class Event(Struct, Generic[X], frozen=True):
    """One line of a watch: ADDED, MODIFIED or DELETED."""

    type: str
    object: X


class Bookmark(Struct, frozen=True):
    """All changes up to this resourceVersion were told."""

    resource_version: str


class Name(Struct, rename="camel", frozen=True):
    """What every object's metadata has, bookmarks' too."""

    name: str = ""
    namespace: str = ""
    resource_version: str = ""


class Named(Struct, frozen=True):
    """An object of which only the name can be relied on."""

    metadata: Name


_RAW_EVENT = msgspec.json.Decoder(Event[Raw])
_RAW_PAGE = msgspec.json.Decoder(Page[Raw])
_NAMED = msgspec.json.Decoder(Named)


class Codec(Generic[T]):
    """Decodes one projection.

    An object that does not fit the projection is logged and passed over: one odd object of a foreign CRD must not
    blind the operator to all others. The informer keeps what it knew of it.
    """

    def __init__(self, view: type[T], decode: Callable[[Raw | bytes], T] | None = None) -> None:
        self.view = view
        self.decode: Callable[[Raw | bytes], T] = decode or msgspec.json.Decoder(view).decode
        self._event = None if decode else msgspec.json.Decoder(_parametrized(Event, view))
        self._page = None if decode else msgspec.json.Decoder(_parametrized(Page, view))

    def event(self, line: bytes) -> Event[T] | Bookmark:
        """One line of a watch. Raises the ApiError that an ERROR line tells of."""
        if self._event is not None and not line.startswith((b'{"type":"BOOKMARK"', b'{"type":"ERROR"')):
            try:
                event: Event[T] = self._event.decode(line)
            except msgspec.ValidationError:
                pass  # looked at in two steps below
            else:
                if event.type in ("ADDED", "MODIFIED", "DELETED"):
                    return event
        raw = _RAW_EVENT.decode(line)
        if raw.type == "ERROR":
            raise error_of(0, raw.object)
        named = _NAMED.decode(raw.object).metadata
        if raw.type != "BOOKMARK":
            seen = self._try(raw.object)
            if seen is not None:
                return Event(raw.type, seen)
        return Bookmark(named.resource_version)

    def page(self, body: bytes) -> tuple[list[T], ListMeta, set[tuple[str, str]]]:
        """One page of a list: objects, where it stands, and the names of those that could not be decoded."""
        if self._page is not None:
            try:
                page: Page[T] = self._page.decode(body)
            except msgspec.ValidationError:
                pass  # one by one below
            else:
                return page.items or [], page.metadata, set()
        raw = _RAW_PAGE.decode(body)
        seen, unread = self._each(raw.items or ())
        return seen, raw.metadata, unread

    def _each(self, items: Iterable[Raw]) -> tuple[list[T], set[tuple[str, str]]]:
        seen: list[T] = []
        unread: set[tuple[str, str]] = set()
        for item in items:
            decoded = self._try(item)
            if decoded is not None:
                seen.append(decoded)
            else:
                named = _NAMED.decode(item).metadata
                unread.add((named.namespace, named.name))
        return seen, unread

    def _try(self, raw: Raw) -> T | None:
        try:
            return self.decode(raw)
        except msgspec.ValidationError as wrong:
            named = _NAMED.decode(raw).metadata
            log.warning(
                "an object cannot be read",
                extra={"view": self.view.__name__, "object": f"{named.namespace}/{named.name}", "error": str(wrong)},
            )
            return None


def _parametrized(generic: Any, view: type[Any]) -> Any:
    return generic[view]


@functools.cache
def codec_of(view: type[T]) -> Codec[T]:
    """The decoder of a projection, made once."""
    return Codec(view)
