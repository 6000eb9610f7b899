"""The client against a gRPC server on loopback that answers as etcd does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest
from aetcd import rpc
from aetcd.rpc import rpc_pb2_grpc

from etcd_operator.client import TooSoon, ask, session
from etcd_operator.consult import consult


class Maintenance(rpc_pb2_grpc.MaintenanceServicer):  # type: ignore[misc]
    """A member that leads."""

    def __init__(self) -> None:
        self.moved_to = 0

    async def Status(self, request: Any, context: Any) -> Any:
        header = rpc.ResponseHeader(cluster_id=7, member_id=1)
        return rpc.StatusResponse(header=header, version="3.6.16", leader=1, raftIndex=42, errors=["alarm:NOSPACE"])

    async def Alarm(self, request: Any, context: Any) -> Any:
        return rpc.AlarmResponse(alarms=[rpc.AlarmMember(memberID=1, alarm=rpc.AlarmType.Value("NOSPACE"))])

    async def MoveLeader(self, request: Any, context: Any) -> Any:
        self.moved_to = request.targetID
        return rpc.MoveLeaderResponse()


class Membership(rpc_pb2_grpc.ClusterServicer):  # type: ignore[misc]
    """Its member list."""

    def __init__(self) -> None:
        self.added: list[Any] = []
        self.linearizable = False

    async def MemberList(self, request: Any, context: Any) -> Any:
        self.linearizable = request.linearizable
        members = [
            rpc.Member(ID=1, name="db-0", peerURLs=["http://db-0:2380"], clientURLs=["http://db-0:2379"]),
            rpc.Member(ID=2, name="db-1", peerURLs=["http://db-1:2380"]),
            rpc.Member(ID=3, peerURLs=["http://db-2:2380"], isLearner=True),
        ]
        return rpc.MemberListResponse(members=members)

    async def MemberAdd(self, request: Any, context: Any) -> Any:
        self.added.append(request)
        return rpc.MemberAddResponse(member=rpc.Member(ID=3))

    async def MemberRemove(self, request: Any, context: Any) -> Any:
        await context.abort(grpc.StatusCode.UNAVAILABLE, "etcdserver: unhealthy cluster")


class Server:
    """Both, on a port of their own."""

    def __init__(self) -> None:
        self.maintenance, self.membership = Maintenance(), Membership()
        self._server = grpc.aio.server()
        rpc_pb2_grpc.add_MaintenanceServicer_to_server(self.maintenance, self._server)
        rpc_pb2_grpc.add_ClusterServicer_to_server(self.membership, self._server)
        self.port = self._server.add_insecure_port("127.0.0.1:0")

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop(None)


@pytest.fixture
async def etcd() -> AsyncIterator[Server]:
    server = Server()
    await server.start()
    yield server
    await server.stop()


async def test_members_are_asked_all_at_once_and_the_silent_are_left_out(etcd: Server) -> None:
    answers = await ask(["127.0.0.1", "127.0.0.9"], etcd.port)
    assert answers.keys() == {"127.0.0.1"}
    said = answers["127.0.0.1"]
    assert (said.member_id, said.cluster_id, said.leader_id, said.raft_index) == (1, 7, 1, 42)


async def test_the_list_is_the_quorums_and_alarms_come_with_it(etcd: Server) -> None:
    said = await consult({"db-0": "127.0.0.1"}, port=etcd.port)
    assert [(m.id, m.started, m.learner) for m in said.listed] == [
        (1, True, False),
        (2, False, False),
        (3, False, True),
    ]
    assert (said.cluster_id, said.alarms) == (7, ("NOSPACE",))
    assert etcd.membership.linearizable


async def test_a_member_of_another_cluster_is_told_apart(etcd: Server) -> None:
    said = await consult({"db-0": "127.0.0.1"}, known_cluster=8, port=etcd.port)
    assert (said.answers, said.foreign, said.listed) == ({}, ("db-0",), ())


async def test_members_are_added_as_learners(etcd: Server) -> None:
    async with session("127.0.0.1", etcd.port) as leader:
        assert await leader.add_learner("http://db-3:2380") == 3
        await leader.move_leader(2)
    (request,) = etcd.membership.added
    assert (request.isLearner, list(request.peerURLs)) == (True, ["http://db-3:2380"])
    assert etcd.maintenance.moved_to == 2


async def test_a_refusal_is_told_in_etcds_words(etcd: Server) -> None:
    async with session("127.0.0.1", etcd.port) as leader:
        with pytest.raises(TooSoon, match="unhealthy cluster"):
            await leader.remove(1)
