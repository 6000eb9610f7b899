"""What each call rests on, asked of a fresh observation right before it is made. Pure."""

from __future__ import annotations

from common.control.plan import Call
from etcd_operator.calls import AddLearner, MoveLeader, PromoteMember, RemoveMember, RestartMember
from etcd_operator.observation import Member, Observation
from etcd_operator.rules.membership import caught_up, unclean


def done(call: Call, seen: Observation) -> bool:
    """What the call is to bring about is so already; it may have been made before and cut off."""
    match call:
        case AddLearner(pod=pod):
            return seen.member_of(pod) is not None
        case PromoteMember(id=id_):
            return any(m.id == id_ and not m.learner for m in seen.members)
        case RemoveMember(id=id_):
            return seen.known and _member(seen, id_) is None
        case MoveLeader(to_id=to):
            return seen.leader is not None and seen.leader.id == to
        case RestartMember(pod=pod, uid=uid):
            found = seen.pod(pod)
            return found is None or found.uid != uid
    raise TypeError(f"etcd has no call {type(call).__name__}")


def unmet(call: Call, seen: Observation) -> str:
    """Why the call cannot be made now; empty where it can."""
    if seen.leader is None:
        return "no quorum answers"
    match call:
        case AddLearner(pod=pod):
            return _unmet_by_new(pod, seen)
        case PromoteMember(id=id_, pod=pod):
            member = _member(seen, id_)
            ready = member is not None and member.alive and caught_up(seen, member)
            return "" if ready else f"{pod} has not caught up"
        case RemoveMember(id=id_, lost=lost):
            member = _member(seen, id_)
            return f"there is no member {id_:x}" if member is None else _unmet_by_leaving(member, seen, lost=lost)
        case MoveLeader(to_id=to, to_pod=pod):
            member = _member(seen, to)
            return "" if member is not None and member.alive and not member.learner else f"{pod} cannot lead"
        case RestartMember(id=id_):
            member = _member(seen, id_)
            return f"there is no member {id_:x}" if member is None else _unmet_by_restarting(member, seen)
    raise TypeError(f"etcd has no call {type(call).__name__}")


def _unmet_by_new(pod: str, seen: Observation) -> str:
    if seen.joining or seen.learner is not None:
        return "another member joins"
    claim = seen.claim_of(pod)
    if claim is not None and claim.terminating:
        return f"the volume of {pod} is being deleted"
    return f"the volume of {pod} holds data" if unclean(seen, pod) else ""


def _unmet_by_leaving(member: Member, seen: Observation, *, lost: bool) -> str:
    if lost and member.alive:
        return f"{member.pod} answers again"
    if member.learner:
        return ""
    if seen.must_hand_over(member):
        return f"{member.pod} leads"
    return "" if seen.quorum_without(member) else f"without {member.pod} the members that answer would be no majority"


def _unmet_by_restarting(member: Member, seen: Observation) -> str:
    if seen.must_hand_over(member):
        return f"{member.pod} leads"
    if member.alive and not seen.serves_without(member):
        return f"without {member.pod} the members that answer would be no majority"
    return ""


def _member(seen: Observation, member_id: int) -> Member | None:
    return next((m for m in seen.members if m.id == member_id), None)
