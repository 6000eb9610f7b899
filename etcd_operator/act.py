"""Calls of etcd's API, each after a fresh look at what it rests on.

Every call can be cut off anywhere and made again: what is done already is left as it is.
"""

from __future__ import annotations

from common.control.operator import Key, World
from common.control.plan import Call
from common.kube.client import Client
from common.kube.errors import Conflict
from common.kube.resource import POD
from etcd_operator.calls import AddLearner, MoveLeader, PromoteMember, RemoveMember, RestartMember
from etcd_operator.client import session
from etcd_operator.observation import Member, Observation
from etcd_operator.observe import observe_live
from etcd_operator.rules.membership import caught_up, unclean


class Unmet(Conflict):
    """What a call rests on is not so (any more). Nothing was done; the next look decides anew."""

    def __init__(self, message: str) -> None:
        super().__init__(409, "Unmet", message)


async def act(call: Call, key: Key, world: World, client: Client) -> None:
    """Carry one call out. Raises Unmet or client.Unanswered where it cannot be done now."""
    resource = world.resource(key)
    _need(resource is not None and resource.spec is not None, f"{key} is gone")
    assert resource is not None  # noqa: S101 - as was just asked
    seen = await observe_live(key, resource, world, client)
    _need(seen.leader is not None, "no quorum answers")
    match call:
        case AddLearner():
            await _add(call, seen, world)
        case PromoteMember():
            await _promote(call, seen, world)
        case RemoveMember():
            await _remove(call, seen, world)
        case MoveLeader():
            await _move_leader(call, seen, world)
        case RestartMember():
            await _restart(call, seen, client)
        case _:
            raise TypeError(f"etcd has no call {type(call).__name__}")


async def _add(call: AddLearner, seen: Observation, world: World) -> None:
    if seen.member_of(call.pod) is not None:
        return
    _need(not seen.joining and seen.learner is None, "another member joins")
    claim = seen.claim_of(call.pod)
    _need(claim is None or not claim.terminating, f"the volume of {call.pod} is being deleted")
    _need(not unclean(seen, call.pod), f"the volume of {call.pod} holds data")
    async with session(_leader_address(seen, world)) as leader:
        await leader.add_learner(call.url)


async def _promote(call: PromoteMember, seen: Observation, world: World) -> None:
    member = _member(seen, call.id)
    if not member.learner:
        return
    _need(member.alive and caught_up(seen, member), f"{call.pod} has not caught up")
    async with session(_leader_address(seen, world)) as leader:
        await leader.promote(call.id)


async def _remove(call: RemoveMember, seen: Observation, world: World) -> None:
    member = next((m for m in seen.members if m.id == call.id), None)
    if member is None:
        return
    _need(not (call.lost and member.alive), f"{call.pod} answers again")
    if not member.learner:
        _need(seen.quorum_without(member), f"without {call.pod} the members that answer would be no majority")
        _need(not member.leader, f"{call.pod} leads")
    async with session(_leader_address(seen, world)) as leader:
        await leader.remove(call.id)


async def _move_leader(call: MoveLeader, seen: Observation, world: World) -> None:
    if seen.leader is not None and seen.leader.id == call.to_id:
        return
    target = _member(seen, call.to_id)
    _need(target.alive and not target.learner, f"{call.to_pod} cannot lead")
    async with session(_leader_address(seen, world)) as leader:
        await leader.move_leader(call.to_id)


async def _restart(call: RestartMember, seen: Observation, client: Client) -> None:
    pod = seen.pod(call.pod)
    if pod is None or pod.uid != call.uid:
        return
    member = _member(seen, call.id)
    _need(not member.leader or len(seen.voters) == 1, f"{call.pod} leads")
    _need(
        not member.alive or seen.serves_without(member),
        f"without {call.pod} the members that answer would be no majority",
    )
    await client.delete(POD, seen.key.namespace, call.pod, uid=call.uid)


def _member(seen: Observation, member_id: int) -> Member:
    found = next((m for m in seen.members if m.id == member_id), None)
    if found is None:
        raise Unmet(f"there is no member {member_id:x}")
    return found


def _leader_address(seen: Observation, world: World) -> str:
    leader = seen.leader
    pod = None if leader is None else seen.pod(leader.pod)
    if pod is None or not pod.address:
        raise Unmet("the leader has no pod")
    return pod.address


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Unmet(otherwise)
