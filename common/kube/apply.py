"""Server-side apply, only where something differs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from common.kube.client import Client
from common.kube.compare import HASH, Manifest, differences, differs, stamped
from common.kube.objects import Body
from common.kube.resource import Resource, resource_of
from common.kube.store import Store

log = logging.getLogger(__name__)

UNWATCHED_AGE = 600.0  # seconds for which an object that nothing watches is taken to be as it was applied
REMEMBERED = 20_000  # objects of which it is remembered that they are as wanted; more than any one operator owns

At = tuple[Resource, str, str]
_BODY = msgspec.json.Decoder(Body)


async def apply(
    client: Client, manifest: Manifest, live: Body | None, field_manager: str, store: Store[Any] | None = None
) -> bool:
    """Make it so unless `live` already is; the answer goes into the store. True where a request was made."""
    wanted = stamped(manifest)
    if not differs(wanted, live):
        return False
    answer = await client.apply(wanted, field_manager)
    if store is not None and store.decode is not None:
        store.put(store.decode(answer))
    return True


class _Settled(msgspec.Struct, frozen=True):
    """What is known of one object, so that a look at an unchanged one costs a hash and a few comparisons.

    Manifests themselves are not kept: those of some thousand objects are more than all else that the process holds.
    """

    digest: str
    live: Body | None
    """The live object that was found to be as wanted; identity counts, a store never changes an object in place."""
    until: float
    """When to look again although nothing was seen to change (monotonic); for objects that nothing watches."""


class _Kept(msgspec.Struct, frozen=True):
    """Differences that stay after an apply."""

    uid: str
    digest: str
    paths: frozenset[str]


class Applier:
    """Applies manifests for one operator, and knows which need it.

    Some differences stay, whatever is applied: a mutating webhook or another owner has the last word on a field. Asking
    for it again at every look would be a war that nobody wins, so such a field is reported once and then left alone,
    until the manifest changes or yet another field differs.
    Objects that nothing watches are read before they are applied, and then trusted for ten minutes.
    """

    def __init__(
        self,
        client: Client | None,
        field_manager: str,
        stores: Mapping[Resource, Store[Any]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._field_manager = field_manager
        self._stores = stores
        self._clock = clock
        self._settled: dict[At, _Settled] = {}
        self._kept: dict[At, _Kept] = {}

    def needed(self, manifest: Manifest) -> bool:
        """True where `apply` would make a request. Makes none itself."""
        at, wanted = _at(manifest), stamped(manifest)
        store = self._stores.get(at[0])
        if store is None:
            return not self._is_trusted(at, wanted)
        return not self._is_as_wanted(at, wanted, store.get(at[1], at[2]))

    async def apply(self, manifest: Manifest) -> bool:
        """Make it so. True where something was written, False where it already is so."""
        at, wanted = _at(manifest), stamped(manifest)
        resource, namespace, name = at
        store = self._stores.get(resource)
        if store is None and self._is_trusted(at, wanted):
            return False
        if self._client is None:
            raise RuntimeError("there is no cluster to apply to")
        if store is None:
            live = await self._client.get_as(resource, namespace or None, name, Body)
        else:
            live = store.get(namespace, name)
        if self._is_as_wanted(at, wanted, live):
            return False
        answer = await self._client.apply(wanted, self._field_manager, resource=resource)
        self._take_in(at, wanted, answer, store)
        return True

    def _is_trusted(self, at: At, wanted: Manifest) -> bool:
        known = self._settled.get(at)
        return known is not None and known.digest == _digest(wanted) and self._clock() < known.until

    def _is_as_wanted(self, at: At, wanted: Manifest, live: Body | None) -> bool:
        if live is None:
            self._settled.pop(at, None)
            self._kept.pop(at, None)
            return False
        digest = _digest(wanted)
        known = self._settled.get(at)
        if known is not None and known.live is live and known.digest == digest:
            return True
        kept = self._kept.get(at)
        allowed = kept.paths if kept and (kept.uid, kept.digest) == (live.metadata.uid, digest) else frozenset()
        if any(path not in allowed for path in differences(wanted, live)):
            return False
        self._settle(at, digest, live)
        return True

    def _settle(self, at: At, digest: str, live: Body) -> None:
        self._settled.pop(at, None)
        watched = at[0] in self._stores
        self._settled[at] = _Settled(digest, live if watched else None, self._clock() + UNWATCHED_AGE)
        if len(self._settled) > REMEMBERED:
            oldest = next(iter(self._settled))
            del self._settled[oldest]
            self._kept.pop(oldest, None)

    def _take_in(self, at: At, wanted: Manifest, answer: bytes, store: Store[Any] | None) -> None:
        decode = _BODY.decode if store is None or store.decode is None else store.decode
        live = decode(answer)
        digest = _digest(wanted)
        paths = frozenset(differences(wanted, live))
        if paths:
            self._kept[at] = _Kept(live.metadata.uid, digest, paths)
            log.warning(
                "another owner or a webhook keeps fields different from what is applied",
                extra={"kind": at[0].kind, "object": f"{at[1]}/{at[2]}", "fields": sorted(paths)[:20]},
            )
        else:
            self._kept.pop(at, None)
        self._settle(at, digest, live)
        if store is not None and store.decode is not None:
            store.put(live)


def _digest(wanted: Manifest) -> str:
    digest: str = wanted["metadata"]["annotations"][HASH]
    return digest


def _at(manifest: Manifest) -> At:
    metadata = manifest["metadata"]
    return resource_of(manifest), metadata.get("namespace", ""), metadata["name"]
