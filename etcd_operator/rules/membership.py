"""Members that were lost, members that join, and how many there are to be."""

from __future__ import annotations

from common.control.plan import Action, Delete, Plan
from etcd_operator.calls import AddLearner, MoveLeader, PromoteMember, RemoveMember
from etcd_operator.membership import dirty
from etcd_operator.objects import peer_url
from etcd_operator.observation import Member, Observation, Volume
from etcd_operator.rules.outcome import SOON, named, steps, wait

PROMOTE_LAG = 1000
"""Raft entries that a member may lack: what a busy cluster writes between one answer and the next. etcd itself also
refuses to promote a learner that has less than 90 % of the leader's."""


def replace_lost_member(seen: Observation) -> Plan | None:
    """A member whose volume is gone can never come back under its old ID: it would have forgotten what it voted for.

    It is taken out of the list first and added again as a learner at a later look: so quorum is counted without it
    meanwhile. Not while the others could not decide without it; then only a person may.
    A member that was never seen with a volume and stays silent is replaced too: if it had data after all, the others
    have it as well.
    Source: etcd, "Runtime reconfiguration: replace a failed machine"; coreos/etcd-operator #1972.
    """
    lost = next((m for m in seen.members if _is_lost(m)), None)
    if lost is None:
        return None
    if not lost.learner and not seen.quorum_without(lost):
        return wait("QuorumAtRisk", f"{lost.pod} lost its volume, and the other members cannot decide without it")
    return steps("Replacing", f"{lost.pod} lost its volume", RemoveMember(lost.pod, lost.id, lost=True))


def _is_lost(member: Member) -> bool:
    if not member.pod or member.alive:
        return False
    if member.volume is Volume.UNKNOWN:
        return member.silent_long
    return member.volume is Volume.GONE


def start_joining_member(seen: Observation) -> Plan | None:
    """A pod that was there before its member was added has read a list without itself, and backs off between tries.

    In this look the list is written anew; a new pod reads it at once.
    """
    record = seen.record
    if record is None or not record.existing:
        return None
    for member in seen.joining:
        pod = seen.pod(member.pod)
        if pod is not None and not record.expects(member.pod) and not pod.terminating:
            return steps(
                "Joining", f"{pod.name} may join now", Delete("v1", "Pod", seen.key.namespace, pod.name, pod.uid)
            )
    return None


def finish_learner(seen: Observation) -> Plan | None:
    """Give the learner its vote when it has caught up; take it out when it is not wanted, or never starts.

    etcd allows one learner at a time, so a stuck one would hold up every other change [etcd-io/etcd-operator #333].
    """
    learner = seen.learner
    if learner is None:
        return None
    if learner.ordinal >= seen.spec.size:
        return steps("Resizing", f"{learner.pod} is no longer wanted", RemoveMember(learner.pod, learner.id))
    if not learner.alive:
        if learner.silent_long:
            return steps("Joining", f"{learner.pod} does not start", RemoveMember(learner.pod, learner.id))
        return wait("Joining", f"{learner.pod} starts as a learner", SOON)
    if not caught_up(seen, learner):
        return wait("Joining", f"{learner.pod} catches up", SOON)
    return steps("Joining", f"{learner.pod} has caught up", PromoteMember(learner.pod, learner.id))


def caught_up(seen: Observation, learner: Member) -> bool:
    """It lacks little of what the leader has."""
    leader = seen.leader
    return leader is not None and leader.raft_index - learner.raft_index <= PROMOTE_LAG


def add_member(seen: Observation) -> Plan | None:
    """Add the lowest member that is missing, one at a time, as a learner; on a volume that holds nothing.

    Source: etcd, "Learner": a new voter that has no data yet counts for the quorum from its first moment.
    """
    ordinal = next((i for i in range(seen.spec.size) if seen.member_of(seen.pod_name(i)) is None), None)
    if ordinal is None:
        return None
    pod = seen.pod_name(ordinal)
    claim = seen.claim_of(pod)
    if claim is not None and claim.terminating:
        return wait("Joining", f"the old volume of {pod} is being deleted", SOON)
    running = seen.pod(pod)
    if running is not None and running.terminating:
        return wait("Joining", f"the old pod of {pod} ends", SOON)
    if unclean(seen, pod):
        return steps("Replacing", f"{pod} must start without the data of its former member", *_clear(seen, pod))
    if seen.joining or seen.leader is None:
        return wait("Joining", f"{named([m.pod for m in seen.joining]) or 'a leader'} must come first")
    replaced = ordinal < _pods(seen)
    why = f"{pod} takes the place of a lost member" if replaced else f"{seen.spec.size} members are wanted"
    return steps("Replacing" if replaced else "Resizing", why, AddLearner(pod, peer_url(seen, ordinal)))


def shrink(seen: Observation) -> Plan | None:
    """Take out the member with the highest number; its pod and its volume go when it is out of the list.

    Leadership is moved first, so that clients see no election. One at a time: 5 members become 3 by way of 4.
    """
    surplus = [m for m in seen.voters if m.ordinal >= seen.spec.size]
    if not surplus:
        return None
    member = max(surplus, key=lambda m: m.ordinal)
    if not seen.quorum_without(member):
        return wait("QuorumAtRisk", f"without {member.pod} the members that answer would be no majority")
    if seen.must_hand_over(member):
        return hand_over(seen, member, "Resizing")
    if seen.settling:
        return wait("Resizing", "the members must have been connected for a while", SOON)
    why = f"{seen.spec.size} members are wanted"
    return steps("Resizing", why, RemoveMember(member.pod, member.id))


def hand_over(seen: Observation, leader: Member, code: str) -> Plan:
    """Move the leadership to the most up-to-date healthy voter."""
    successor = seen.best_successor(leader)
    if successor is None:
        return wait(code, f"no member can take the leadership over from {leader.pod}")
    return steps(
        code, f"{leader.pod} hands over to {successor.pod}", MoveLeader(leader.id, successor.id, successor.pod)
    )


def drop_leftovers(seen: Observation) -> Plan | None:
    """Delete the claims of members that were taken out: a later member of that number must start without their data."""
    if seen.stateful_set is None:
        return None
    going = [p.name for p in seen.pods if p.ordinal >= seen.spec.size and seen.member_of(p.name) is None]
    if going:
        return wait("Resizing", f"{named(going)} ends")
    left = [
        c
        for c in seen.claims
        if c.ordinal >= max(seen.spec.size, seen.stateful_set.replicas)
        and not c.terminating
        and seen.member_of(c.pod) is None
    ]
    if not left:
        return None
    actions = (Delete("v1", "PersistentVolumeClaim", seen.key.namespace, c.name, c.uid) for c in left)
    return steps("Resizing", f"{named([c.pod for c in left])} was taken out", *actions)


def unclean(seen: Observation, pod: str) -> bool:
    """Its volume holds, or may hold, what another member left: a claim from before its pod ever was counts too."""
    claim = seen.claim_of(pod)
    return dirty(seen, pod) or (claim is not None and claim.ordinal >= _pods(seen))


def _pods(seen: Observation) -> int:
    return seen.stateful_set.replicas if seen.stateful_set is not None else 0


def _clear(seen: Observation, pod: str) -> list[Action]:
    """Delete the claim and then the pod that still uses it; the StatefulSet makes both anew."""
    actions: list[Action] = []
    claim, running = seen.claim_of(pod), seen.pod(pod)
    if claim is not None and not claim.terminating:
        actions.append(Delete("v1", "PersistentVolumeClaim", seen.key.namespace, claim.name, claim.uid))
    if running is not None and not running.terminating:
        actions.append(Delete("v1", "Pod", seen.key.namespace, running.name, running.uid))
    return actions
