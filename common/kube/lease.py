"""Which of several replicas acts: a Lease, as client-go's leaderelection keeps it.

Clocks of other machines are never compared with ours. A holder counts as gone when its record has not changed for the
length of the lease, measured here since it was seen to change.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from common.kube.client import Client
from common.kube.errors import ApiError, Conflict
from common.kube.resource import LEASE

log = logging.getLogger(__name__)

LEASE_SECONDS = 15  # defaults of controller-runtime
RENEW_SECONDS = 10.0
RETRY_SECONDS = 2.0
RELEASE_SECONDS = 3.0  # a process that ends does not wait longer for the server


class LeaseSpec(msgspec.Struct, frozen=True, rename="camel"):
    """Who holds the lease."""

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int | None = None


class LeaseMeta(msgspec.Struct, frozen=True, rename="camel"):
    """Its resourceVersion: each write is made only unless it changed since."""

    resource_version: str


class Lease(msgspec.Struct, frozen=True):
    """coordination.k8s.io/v1 Lease."""

    metadata: LeaseMeta
    spec: LeaseSpec = LeaseSpec()


class Election:
    """Holds, or waits for, one Lease."""

    def __init__(
        self,
        client: Client,
        namespace: str,
        name: str,
        identity: str,
        *,
        lease_seconds: int = LEASE_SECONDS,
        renew_seconds: float = RENEW_SECONDS,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        if not lease_seconds > renew_seconds > retry_seconds * 1.2:
            raise ValueError("a lease must outlast the renewal deadline, and that several tries")
        self._client = client
        self._namespace = namespace
        self._name = name
        self._identity = identity
        self._lease_seconds = lease_seconds
        self._renew_seconds = renew_seconds
        self._retry_seconds = retry_seconds
        self._seen: Lease | None = None
        self._seen_at = 0.0

    @property
    def holder(self) -> str:
        """Who holds it, as last seen; empty: nobody."""
        return (self._seen and self._seen.spec.holder_identity) or ""

    async def run(self, on_started: Callable[[], object], on_lost: Callable[[], object]) -> None:
        """Wait for the lease, call `on_started`, and hold it until cancelled, which releases it.

        Where it cannot be renewed in time, `on_lost` is called and this returns: the process must stop acting at once,
        since another will begin when the lease runs out.
        """
        try:
            while not await self._try():
                await self._pause()
            log.info("leading", extra={"lease": self._name, "identity": self._identity})
            on_started()
            await self._hold()
            log.error("the lease is lost", extra={"lease": self._name, "holder": self.holder})
            on_lost()
        finally:
            await self._release()

    async def _hold(self) -> None:
        """Renew; returns when that did not succeed in time, or another has it."""
        clock = asyncio.get_running_loop().time
        renewed = clock()
        while True:
            left = renewed + self._renew_seconds - clock()
            if left <= 0:
                return
            asked = clock()
            if await self._try(left):
                renewed = asked  # the lease runs from when it was asked for, not from the answer
            elif self.holder != self._identity:
                return
            await self._pause(renewed + self._renew_seconds - clock())

    async def _pause(self, longest: float = math.inf) -> None:
        pause = self._retry_seconds * random.uniform(1, 1.2)  # noqa: S311
        await asyncio.sleep(min(pause, longest))

    async def _try(self, limit: float | None = None) -> bool:
        """Take or renew it. False where another has it, or the server cannot be asked."""
        try:
            async with asyncio.timeout(min(limit or self._renew_seconds, self._renew_seconds)):
                return await self._take_or_renew()
        except (ApiError, TimeoutError) as error:
            log.warning("the lease cannot be written", extra={"lease": self._name, "error": str(error)})
            return False

    async def _take_or_renew(self) -> bool:
        if self._seen is not None and self.holder == self._identity:
            try:
                await self._write(self._seen, taken=False)
            except Conflict:
                pass  # somebody wrote it: look who
            else:
                return True
        live = await self._client.get_as(LEASE, self._namespace, self._name, Lease)
        if live is None:
            await self._create()
            return True
        if live != self._seen:
            self._observe(live)
        if not self._is_free(live):
            return False
        try:
            await self._write(live, taken=self.holder != self._identity)
        except Conflict:
            return False  # another was quicker
        return True

    def _is_free(self, live: Lease) -> bool:
        if not self.holder or self.holder == self._identity:
            return True
        lasts = live.spec.lease_duration_seconds or self._lease_seconds
        return asyncio.get_running_loop().time() >= self._seen_at + lasts

    def _observe(self, live: Lease) -> None:
        self._seen = live
        self._seen_at = asyncio.get_running_loop().time()

    async def _create(self) -> None:
        now = _micro_time()
        spec = LeaseSpec(self._identity, self._lease_seconds, now, now, 0)
        answer = await self._client.create(
            {
                "apiVersion": LEASE.api_version,
                "kind": LEASE.kind,
                "metadata": {"namespace": self._namespace, "name": self._name},
                "spec": msgspec.to_builtins(spec),
            }
        )
        self._observe(msgspec.json.decode(answer, type=Lease))

    async def _write(self, live: Lease, *, taken: bool) -> None:
        now = _micro_time()
        transitions = (live.spec.lease_transitions or 0) + taken
        acquired = now if taken else live.spec.acquire_time
        await self._put(live, LeaseSpec(self._identity, self._lease_seconds, acquired, now, transitions))

    async def _put(self, live: Lease, spec: LeaseSpec) -> None:
        patch = {
            "metadata": {"resourceVersion": live.metadata.resource_version},
            "spec": msgspec.to_builtins(spec),
        }
        answer = await self._client.merge_patch(LEASE, self._namespace, self._name, patch)
        self._observe(msgspec.json.decode(answer, type=Lease))

    async def _release(self) -> None:
        """Hand over at once, so that the next replica need not wait for the lease to run out."""
        try:
            async with asyncio.timeout(RELEASE_SECONDS):
                while self._seen is not None and self.holder == self._identity:
                    now = _micro_time()
                    try:
                        await self._put(self._seen, LeaseSpec("", 1, now, now, self._seen.spec.lease_transitions))
                    except Conflict:
                        # A renewal whose answer was not waited for, as when this was cancelled in the middle of one.
                        self._seen = await self._client.get_as(LEASE, self._namespace, self._name, Lease)
        except (ApiError, TimeoutError) as error:
            log.info("the lease is not released; it runs out", extra={"lease": self._name, "error": str(error)})


def _micro_time() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
