"""Requests to the API server: get, list, watch, create, server-side apply, patch, delete.

No retries but where the server asks for one (429, Retry-After) or a kept connection turns out to be dead. Whoever
calls looks again later anyway: every look starts from what is there.
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import msgspec

from common.kube.codec import Bookmark, Codec, Event, codec_of
from common.kube.config import Access
from common.kube.errors import Gone, NotFound
from common.kube.resource import Resource, resource_of
from common.kube.store import HasMeta
from common.kube.transport import Transport

PAGE = 500  # objects a page, as kubectl and client-go ask for
WATCH_SECONDS = (180, 300)  # a watch ends after a random time, so that all of a start do not come back at once

APPLY_PATCH = "application/apply-patch+yaml"
MERGE_PATCH = "application/merge-patch+json"
PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

T = TypeVar("T", bound=HasMeta)
X = TypeVar("X")
Propagation = Literal["Background", "Foreground", "Orphan"]
Manifest = Mapping[str, Any]


class Listing(msgspec.Struct):
    """A list at one point in time. `unread` names objects that are there but do not fit the projection."""

    items: list[Any]
    resource_version: str
    unread: set[tuple[str, str]]


class Client:
    """A connection to one API server; an async context manager.

    `on_request(method, code)` is called after each request, for `rest_client_requests_total`.
    Raises the classes of common.kube.errors.
    """

    def __init__(self, access: Access, on_request: Callable[[str, str], None] | None = None) -> None:
        self.access = access
        self._transport = Transport(access, on_request)

    async def __aenter__(self) -> Self:
        await self._transport.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.close()

    async def get(self, resource: Resource, namespace: str | None, name: str) -> bytes | None:
        """The object as JSON, None where it is not there."""
        try:
            return await self._transport.request("GET", resource, namespace, name)
        except NotFound:
            return None

    async def get_as(self, resource: Resource, namespace: str | None, name: str, type_: type[X]) -> X | None:
        """The object decoded, None where it is not there."""
        found = await self.get(resource, namespace, name)
        return None if found is None else msgspec.json.decode(found, type=type_)

    async def list_(
        self, resource: Resource, namespace: str | None, type_: type[T], label_selector: str = "",
        only_metadata: bool = False,
    ) -> tuple[list[T], str]:  # fmt: skip
        """All objects, as of one resourceVersion. Objects that do not fit the type are logged and left out."""
        listing = await self.listing(resource, namespace, codec_of(type_), label_selector, only_metadata)
        return listing.items, listing.resource_version

    async def listing(
        self, resource: Resource, namespace: str | None, codec: Codec[T], label_selector: str = "",
        only_metadata: bool = False,
    ) -> Listing:  # fmt: skip
        """All objects, page by page.

        No resourceVersion is asked for: a list "from the cache" (0) may be older than what this process has already
        seen, and time would run backwards (kubernetes/kubernetes#59848). Where the pages expire half way, the list is
        taken again in one piece.
        """
        try:
            return await self._pages(resource, namespace, codec, label_selector, only_metadata, PAGE)
        except Gone:
            return await self._pages(resource, namespace, codec, label_selector, only_metadata, 0)

    async def _pages(
        self, resource: Resource, namespace: str | None, codec: Codec[T], label_selector: str, only_metadata: bool,
        limit: int,
    ) -> Listing:  # fmt: skip
        listing = Listing([], "", set())
        query = _selected(label_selector)
        if limit:
            query["limit"] = str(limit)
        while True:
            body = await self._transport.request(
                "GET", resource, namespace, query=query, accept=PARTIAL_LIST if only_metadata else None
            )
            items, meta, unread = codec.page(body)
            listing.items += items
            listing.unread |= unread
            listing.resource_version = meta.resource_version
            if not meta.continue_:
                return listing
            query["continue"] = meta.continue_

    async def watch(
        self, resource: Resource, namespace: str | None, type_: type[T], resource_version: str,
        label_selector: str = "", only_metadata: bool = False, codec: Codec[T] | None = None,
    ) -> AsyncGenerator[Event[T] | Bookmark, None]:  # fmt: skip
        """Changes after `resource_version`, until the server ends the watch, as it does every few minutes.

        Raises Gone where it cannot go on from there, another ApiError where the watch broke.
        """
        reader = codec or codec_of(type_)
        seconds = random.randint(*WATCH_SECONDS)  # noqa: S311 - spreads load
        query = _selected(label_selector) | {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(seconds),
        }
        lines = self._transport.lines(
            resource, namespace, query=query, accept=PARTIAL if only_metadata else None, seconds=seconds
        )
        async with aclosing(lines):
            async for batch in lines:
                for line in batch:
                    yield reader.event(line)

    async def create(self, manifest: Manifest, resource: Resource | None = None) -> bytes:
        """Create. Raises Conflict where it is there already."""
        resource = resource or resource_of(manifest)
        namespace = manifest["metadata"].get("namespace")
        return await self._transport.request("POST", resource, namespace, body=manifest)

    async def apply(
        self, manifest: Manifest, field_manager: str, force: bool = True, resource: Resource | None = None
    ) -> bytes:
        """Server-side apply: create it, or make the named fields so and drop those applied before but not named now."""
        resource = resource or resource_of(manifest)
        metadata = manifest["metadata"]
        query = {"fieldManager": field_manager, "force": "true" if force else "false"}
        return await self._transport.request(
            "PATCH", resource, metadata.get("namespace"), metadata["name"],
            query=query, body=yaml_safe(msgspec.json.encode(manifest)), content_type=APPLY_PATCH,
        )  # fmt: skip

    async def merge_patch(
        self, resource: Resource, namespace: str | None, name: str, patch: Mapping[str, Any],
        subresource: str | None = None,
    ) -> bytes:  # fmt: skip
        """JSON merge patch. With metadata.resourceVersion in it, Conflict is raised where the object changed since."""
        return await self._transport.request(
            "PATCH", resource, namespace, name, subresource, body=patch, content_type=MERGE_PATCH
        )

    async def delete(
        self, resource: Resource, namespace: str | None, name: str, uid: str | None = None,
        resource_version: str | None = None, propagation: Propagation = "Background",
    ) -> bool:  # fmt: skip
        """Delete. False where it was not there; Conflict where it is not the one of this uid or resourceVersion."""
        preconditions = {"uid": uid, "resourceVersion": resource_version}
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": propagation,
            "preconditions": {k: v for k, v in preconditions.items() if v},
        }
        try:
            await self._transport.request("DELETE", resource, namespace, name, body=options)
        except NotFound:
            return False
        return True


_NOT_IN_YAML = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]|\xef\xbb\xbf|\xef\xbf[\xbe\xbf]")


def yaml_safe(text: bytes) -> bytes:
    """JSON that means the same to a YAML parser, which is what the API server reads an apply with.

    YAML folds a bare U+0085, U+2028 or U+2029 to a space, even between quotes, and refuses DEL and C1 controls: a
    ConfigMap would silently differ from what was sent. Escaped they mean the same to both. (Not all of Unicode can be
    escaped: YAML has no surrogate pairs.)
    """
    if text.isascii() and b"\x7f" not in text:
        return text
    return _NOT_IN_YAML.sub(lambda found: b"\\u%04x" % ord(found[0].decode()), text)


def _selected(label_selector: str) -> dict[str, str]:
    return {"labelSelector": label_selector} if label_selector else {}
