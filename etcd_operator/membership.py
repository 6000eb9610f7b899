"""From what is seen: what to write down of the members, and how many pods there are to be."""

from __future__ import annotations

from etcd_operator.objects import peer_url
from etcd_operator.observation import Member, Observation, Volume
from etcd_operator.record import Held, Record

NOBODY = 0
"""Stands for the member on a volume that may hold anything: nothing may be started on it."""


def next_record(seen: Observation) -> Record:
    """The record as it should stand after this look."""
    if seen.known:
        cluster_id = seen.cluster_id or (seen.record.cluster_id if seen.record else 0)
        return Record(_initial(seen), True, cluster_id, _held(seen))
    if seen.record is not None:
        return seen.record
    if seen.untouched:
        return Record(tuple((seen.pod_name(i), peer_url(seen, i)) for i in range(seen.spec.size)))
    # Somebody took the ConfigMap away, or volumes of an earlier cluster wait for their members.
    return Record(tuple((f"unknown-{i}", peer_url(seen, i)) for i in range(_pods_before(seen))), True)


def replicas(seen: Observation) -> int:
    """How many pods the StatefulSet is to have.

    Never a pod less than leads to a member, and one more only when its member was added: the member list leads, the
    pods follow.
    """
    live = seen.stateful_set.replicas if seen.stateful_set is not None else None
    if seen.known:
        needed = max((m.ordinal for m in seen.members), default=-1) + 1
        return max(needed, min(needed if live is None else live, seen.spec.size), 1)
    if live is not None:
        return live
    return max(1, len(next_record(seen).initial))


def dirty(seen: Observation, pod: str) -> bool:
    """The pod's volume holds data of a member that was taken out of the list; nothing may be started on it."""
    held = seen.record.held.get(pod) if seen.record is not None else None
    member = seen.member_of(pod)
    if held is None or (member is not None and member.id == held.id):
        return False
    return held.volume == seen.volume_uid(pod)


def volume_of(
    record: Record | None, pod: str, member_id: int, volume_uid: str, *, started: bool, alive: bool
) -> Volume:
    """What became of a member's data. A member that has not joined yet has none to lose."""
    held = record.held.get(pod) if record is not None else None
    if alive or not started:
        return Volume.THERE
    if held is None or held.id != member_id:
        return Volume.UNKNOWN
    return Volume.THERE if held.volume == volume_uid else Volume.GONE


def lost_for_good(seen: Observation) -> tuple[int, int]:
    """While no quorum answers: of how many members the data is gone by the record, and of how many there are."""
    if seen.record is None:
        return 0, 0
    voters = {pod: held for pod, held in seen.record.held.items() if held.voter}
    return sum(held.volume != seen.volume_uid(pod) for pod, held in voters.items()), len(voters)


def _pods_before(seen: Observation) -> int:
    if seen.stateful_set is not None:
        return max(1, seen.stateful_set.replicas)
    return max(c.ordinal for c in seen.claims) + 1


def _initial(seen: Observation) -> tuple[tuple[str, str], ...]:
    """Only who has yet to join stands under its pod's name; see `record`."""
    members = sorted(seen.members, key=lambda m: (m.ordinal, m.id))
    return tuple((m.pod if not m.started and m.pod else f"member-{m.id:x}", m.url) for m in members)


def _held(seen: Observation) -> dict[str, Held]:
    held = {}
    before = seen.record.held if seen.record is not None else {}
    for pod in {m.pod for m in seen.members if m.pod} | before.keys():
        member = seen.member_of(pod)
        now = _held_by(seen, pod, member, before.get(pod))
        if now is not None:
            held[pod] = now
    return held


def _held_by(seen: Observation, pod: str, member: Member | None, before: Held | None) -> Held | None:
    uid = seen.volume_uid(pod)
    if member is not None and member.alive and uid:
        return Held(member.id, uid, not member.learner)
    if dirty(seen, pod):
        return before
    if member is None:
        return None
    if not member.started and uid:
        return Held(member.id, uid, not member.learner)
    if member.volume is Volume.UNKNOWN and member.silent_long and uid:
        return Held(NOBODY, uid, not member.learner)
    return before if before is not None and before.id == member.id else None
