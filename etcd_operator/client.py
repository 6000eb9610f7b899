"""etcd's own API, for as long as one question takes.

aetcd brings the generated gRPC stubs; they are called directly, since its Client knows neither learners nor the fields
of Status that decisions rest on. It is imported when the first member is there to be asked: loading gRPC takes longer
than creating a cluster.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from msgspec import Struct

from etcd_operator.flags import CLIENT_PORT

ASK_SECONDS = 2.0
CHANGE_SECONDS = 5.0


class Unanswered(ConnectionError):
    """A member did not answer, or refused; it is asked again at a later look."""


class TooSoon(Unanswered):
    """etcd changes its member list only when all members have been connected for five seconds."""


class Answer(Struct, frozen=True, kw_only=True):
    """What a member says of itself."""

    address: str
    member_id: int
    cluster_id: int
    leader_id: int
    version: str
    raft_index: int
    learner: bool
    errors: tuple[str, ...] = ()


class Listed(Struct, frozen=True):
    """A member in the member list."""

    id: int
    peer_urls: tuple[str, ...]
    learner: bool
    started: bool
    """It has joined and made its clients' URLs known. (Its name says nothing: members of the first start have one from
    the beginning.)"""


class Session:
    """A connection to one member."""

    def __init__(self, rpc: Any, channel: Any, address: str) -> None:
        self._rpc = rpc
        self._address = address
        self._cluster = rpc.ClusterStub(channel)
        self._maintenance = rpc.MaintenanceStub(channel)

    async def status(self) -> Answer:
        """How the member is."""
        said = await self._ask(self._maintenance.Status(self._rpc.StatusRequest(), timeout=ASK_SECONDS))
        return Answer(
            address=self._address,
            member_id=said.header.member_id,
            cluster_id=said.header.cluster_id,
            leader_id=said.leader,
            version=said.version,
            raft_index=said.raftIndex,
            learner=said.isLearner,
            errors=tuple(said.errors),
        )

    async def members(self) -> tuple[Listed, ...]:
        """The member list as the quorum has it. (Before 3.5: as this member has it.)"""
        request = self._rpc.MemberListRequest(linearizable=True)
        said = await self._ask(self._cluster.MemberList(request, timeout=ASK_SECONDS))
        return tuple(Listed(m.ID, tuple(m.peerURLs), m.isLearner, bool(m.clientURLs)) for m in said.members)

    async def alarms(self) -> tuple[str, ...]:
        """Alarms that are raised, by name."""
        said = await self._ask(self._maintenance.Alarm(self._rpc.AlarmRequest(), timeout=ASK_SECONDS))
        return tuple(sorted({self._rpc.AlarmType.Name(a.alarm) for a in said.alarms}))

    async def add_learner(self, url: str) -> int:
        """Add a member without a vote (before 3.4: with one). Returns its ID."""
        request = self._rpc.MemberAddRequest(peerURLs=[url], isLearner=True)
        said = await self._ask(self._cluster.MemberAdd(request, timeout=CHANGE_SECONDS))
        return int(said.member.ID)

    async def promote(self, member_id: int) -> None:
        """Give a learner its vote."""
        request = self._rpc.MemberPromoteRequest(ID=member_id)
        await self._ask(self._cluster.MemberPromote(request, timeout=CHANGE_SECONDS))

    async def remove(self, member_id: int) -> None:
        """Take a member out of the list."""
        request = self._rpc.MemberRemoveRequest(ID=member_id)
        await self._ask(self._cluster.MemberRemove(request, timeout=CHANGE_SECONDS))

    async def move_leader(self, member_id: int) -> None:
        """Hand the leadership over; only the leader can."""
        request = self._rpc.MoveLeaderRequest(targetID=member_id)
        await self._ask(self._maintenance.MoveLeader(request, timeout=CHANGE_SECONDS))

    async def _ask(self, call: Awaitable[Any]) -> Any:
        try:
            return await call
        except self._rpc.AioRpcError as error:
            kind = TooSoon if "unhealthy cluster" in (error.details() or "") else Unanswered
            raise kind(f"{self._address}: {error.code().name}: {error.details()}") from None


@asynccontextmanager
async def session(address: str, port: int = CLIENT_PORT) -> AsyncIterator[Session]:
    """Connect to the member at an address, and close the connection afterwards."""
    from aetcd import rpc

    host = f"[{address}]" if ":" in address else address
    channel = rpc.insecure_channel(f"{host}:{port}", options=_OPTIONS)
    try:
        yield Session(rpc, channel, address)
    finally:
        await channel.close()


_OPTIONS = (
    ("grpc.enable_http_proxy", 0),  # pods' addresses are never behind one
    ("grpc.use_local_subchannel_pool", 1),  # a new connection each time: an address may be another pod's now
)


async def ask(addresses: Iterable[str], port: int = CLIENT_PORT) -> dict[str, Answer]:
    """Ask every member how it is, all at once. Who does not answer in time is left out."""
    wanted = list(addresses)
    answers = await asyncio.gather(*(_status(a, port) for a in wanted))
    return {a: answer for a, answer in zip(wanted, answers, strict=True) if answer is not None}


async def _status(address: str, port: int) -> Answer | None:
    try:
        async with session(address, port) as member:
            return await member.status()
    except Unanswered:
        return None
