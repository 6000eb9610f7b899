"""Changed pods: one at a time, followers first, the leader last."""

from __future__ import annotations

from common.control.plan import Plan
from etcd_operator.calls import RemoveMember, RestartMember
from etcd_operator.observation import Member, Observation, PodSeen
from etcd_operator.rules.membership import caught_up, hand_over
from etcd_operator.rules.outcome import SOON, named, steps, wait


def roll(seen: Observation) -> Plan | None:
    """Restart one member whose template changed, after all others were seen healthy.

    A member that is down anyway comes first and at once: the change may be what heals it. The leader comes last and
    hands over before, so that there is one election less to wait for.
    Source: etcd, "Upgrading etcd clusters": one member at a time, after the cluster was found healthy.
    """
    outdated = [p for p in seen.pods if p.outdated]
    if not outdated:
        return None
    if any(p.terminating for p in seen.pods):
        return wait("Rolling", f"{named([p.name for p in seen.pods if p.terminating])} restarts")
    pairs = [(p, m) for p in outdated if (m := seen.member_of(p.name)) is not None]
    broken = next(((p, m) for p, m in pairs if not m.alive), None)
    if broken is not None and (seen.quorum_without(broken[1]) or not seen.ephemeral):
        return _restart(seen, *broken)
    unwell = sorted(m.pod for m in seen.members if not m.alive or m.learner or not caught_up(seen, m))
    unready = [p.name for p in seen.pods if not p.ready]
    if not pairs or unwell or unready or seen.leader is None:
        who = named(unwell or unready) or "every member"
        return wait("Rolling", f"{who} must be well before the next one restarts{seen.complaints}")
    pod, member = max(pairs, key=lambda pair: (not pair[1].leader, pair[1].ordinal))
    if seen.must_hand_over(member):
        return hand_over(seen, member, "Rolling")
    return _restart(seen, pod, member)


def _restart(seen: Observation, pod: PodSeen, member: Member) -> Plan:
    why = f"{pod.name} has an outdated template"
    if not seen.ephemeral:
        return steps("Rolling", why, RestartMember(pod.name, pod.uid, member.id))
    if not member.learner and not seen.quorum_without(member):
        return wait(
            "RestartWouldLoseData",
            f"{pod.name} has an outdated template, and its data would go with it; add members first",
        )
    if seen.settling:
        return wait("Rolling", "the members must have been connected for a while", SOON)
    # It comes back without its data, so as a new member: no rule may ever see its ID again.
    return steps("Rolling", why, RemoveMember(member.pod, member.id))
