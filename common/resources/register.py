"""CRDs into the API server when an operator starts: nothing else has to be installed.

It goes carefully, since a CRD is shared by everybody: one that is somebody else's, or a newer operator's, is left as it
is. A CRD that is as it should be costs one read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from common.kube.client import Client
from common.kube.codec import Bookmark
from common.kube.compare import differs, stamped
from common.kube.errors import Forbidden, Gone
from common.kube.objects import Body
from common.kube.resource import CRD
from common.resources.compatibility import shrinks
from common.resources.crd import MANAGED_BY, OURS, REVISION

log = logging.getLogger(__name__)

ESTABLISH_SECONDS = 60.0  # an API server needs well under one; this bounds a start on one that is overloaded

Crd = Mapping[str, Any]


class RegistrationError(Exception):
    """The types cannot be served; the message says which and why."""


class CrdCondition(msgspec.Struct, frozen=True):
    """A condition of a CRD."""

    type: str
    status: str
    message: str = ""


class CrdStatus(msgspec.Struct, frozen=True):
    """How far the API server is with a CRD."""

    conditions: tuple[CrdCondition, ...] | None = ()


class LiveCrd(Body, kw_only=True):
    """A CRD as it is."""

    status: CrdStatus = CrdStatus()

    @property
    def established(self) -> bool:
        """True when the API server serves it.

        Raises RegistrationError when its names are taken: then it never will.
        """
        conditions = {c.type: c for c in self.status.conditions or ()}
        names = conditions.get("NamesAccepted")
        if names is not None and names.status == "False":
            raise RegistrationError(f"CRD {self.metadata.name}: {names.message}")
        served = conditions.get("Established")
        return served is not None and served.status == "True"


async def register(client: Client, crds: Sequence[Crd], field_manager: str) -> None:
    """Make the CRDs so, and return when the API server serves all of them.

    Raises RegistrationError or an ApiError.
    """
    waited_for: set[str] = set()
    try:
        async with asyncio.timeout(ESTABLISH_SECONDS):
            names = await asyncio.gather(*(_make_so(client, crd, field_manager) for crd in crds))
            waited_for |= {name for name in names if name is not None}
            await _wait(client, waited_for)
    except TimeoutError:
        which = ", ".join(sorted(waited_for)) or "none was even applied"
        raise RegistrationError(f"CRDs not established within {ESTABLISH_SECONDS:.0f} s: {which}") from None


async def _make_so(client: Client, crd: Crd, field_manager: str) -> str | None:
    """Apply one CRD where that is ours to do. Its name, where it has to be waited for."""
    name: str = crd["metadata"]["name"]
    try:
        raw = await client.get(CRD, None, name)
    except Forbidden:
        log.warning("CRD is not ours to read, taken as installed", extra={"crd": name})
        return None
    live = None if raw is None else msgspec.json.decode(raw, type=LiveCrd)
    if raw is not None and (why := why_left_alone(msgspec.json.decode(raw), crd)):
        log.info("CRD left as it is", extra={"crd": name, "why": why})
        return None
    if live is not None and live.metadata.deletion_timestamp is not None:
        # It and all its resources are about to go. The next start makes it anew.
        raise RegistrationError(f"CRD {name}: somebody deletes it, and that has not ended")
    wanted = stamped(crd)
    if live is None or differs(wanted, live):
        try:
            live = msgspec.json.decode(await client.apply(wanted, field_manager), type=LiveCrd)
        except Forbidden:
            if live is None:
                raise
            log.warning("CRD is not ours to change, left as it is", extra={"crd": name})
        else:
            log.info("CRD applied", extra={"crd": name})
    return None if live.established else name


def why_left_alone(live: Crd, ours: Crd) -> str | None:
    """Why the live CRD must not be replaced by ours; None where it may.

    An annotation can be forgotten when a schema grows. So a CRD of the same revision that knows more than ours is a
    newer one too; only a higher revision may take something away.
    """
    metadata = live["metadata"]
    if metadata.get("labels", {}).get(MANAGED_BY) != OURS:
        return f"it has no label {MANAGED_BY}={OURS}, so it is somebody else's"
    there, here = (_revision(crd) for crd in (live, ours))
    if there > here:
        return f"a newer operator made it: its revision is {there}, ours {here}"
    if there == here and (lost := shrinks(live, ours)):
        return "it takes what ours does not: " + "; ".join(lost[:3])
    return None


def _revision(crd: Crd) -> int:
    written = crd["metadata"].get("annotations", {}).get(REVISION, "")
    return int(written) if written.isdecimal() else 0


async def _wait(client: Client, names: set[str]) -> None:
    """Until all are established: told by a watch."""
    while names:
        crds, version = await client.list_(CRD, None, LiveCrd, f"{MANAGED_BY}={OURS}")
        names -= {crd.metadata.name for crd in crds if crd.metadata.name in names and crd.established}
        if names:
            await _watch(client, names, version)


async def _watch(client: Client, names: set[str], version: str) -> None:
    """Take those that become established out of `names`; returns when none is left or the watch ended."""
    try:
        async for event in client.watch(CRD, None, LiveCrd, version, f"{MANAGED_BY}={OURS}"):
            if isinstance(event, Bookmark) or event.object.metadata.name not in names:
                continue
            if event.type == "DELETED":
                raise RegistrationError(f"CRD {event.object.metadata.name}: deleted while it was waited for")
            if event.object.established:
                names.discard(event.object.metadata.name)
            if not names:
                return
    except Gone:
        return
