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
from etcd_operator.client import TooSoon, session
from etcd_operator.observation import Observation
from etcd_operator.observe import observe_live
from etcd_operator.preconditions import done, unmet


class Unmet(Conflict):
    """What a call rests on is not so (any more). Nothing was done; the next look decides anew."""

    def __init__(self, message: str) -> None:
        super().__init__(409, "Unmet", message)


async def act(call: Call, key: Key, world: World, client: Client) -> None:
    """Carry one call out. Raises Unmet or client.Unanswered where it cannot be done now."""
    resource = world.resource(key)
    if resource is None or resource.spec is None:
        raise Unmet(f"{key} is gone")
    seen = await observe_live(key, resource, world, client)
    if done(call, seen):
        return
    if why_not := unmet(call, seen):
        raise Unmet(why_not)
    if isinstance(call, RestartMember):
        await client.delete(POD, key.namespace, call.pod, uid=call.uid)
        return
    try:
        await _tell_leader(call, seen)
    except TooSoon as error:
        raise Unmet(str(error)) from None


async def _tell_leader(call: Call, seen: Observation) -> None:
    async with session(_leader_address(seen)) as leader:
        match call:
            case AddLearner(url=url):
                await leader.add_learner(url)
            case PromoteMember(id=id_):
                await leader.promote(id_)
            case RemoveMember(id=id_):
                await leader.remove(id_)
            case MoveLeader(to_id=to):
                await leader.move_leader(to)


def _leader_address(seen: Observation) -> str:
    leader = seen.leader
    pod = None if leader is None else seen.pod(leader.pod)
    if pod is None or not pod.address:
        raise Unmet("the leader has no pod")
    return pod.address
