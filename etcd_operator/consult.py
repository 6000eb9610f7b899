"""Asking a cluster's members: who answers, and what the quorum says of its members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from etcd_operator.client import Answer, Listed, Unanswered, ask, session
from etcd_operator.flags import CLIENT_PORT


class Consultation(Struct, frozen=True):
    """What the members of one cluster said at one moment."""

    answers: Mapping[str, Answer] = {}
    """By pod; those of the cluster only."""
    foreign: tuple[str, ...] = ()
    """Pods that belong to another cluster."""
    cluster_id: int = 0
    listed: tuple[Listed, ...] = ()
    """The member list; empty where no quorum answered."""
    alarms: tuple[str, ...] = ()


async def consult(addresses: Mapping[str, str], known_cluster: int = 0, port: int = CLIENT_PORT) -> Consultation:
    """Ask the members at these addresses (by pod), and one of them for the member list.

    Which cluster it is, the record knows; before there is one the most common answer counts.
    """
    said = await ask(addresses.values(), port)
    answers = {pod: said[address] for pod, address in addresses.items() if address in said}
    if not answers:
        return Consultation()
    ids = Counter(a.cluster_id for a in answers.values())
    cluster = known_cluster or ids.most_common(1)[0][0]
    own = {pod: a for pod, a in answers.items() if a.cluster_id == cluster}
    listed, alarms = await _member_list(own, port)
    return Consultation(own, tuple(sorted(answers.keys() - own.keys())), cluster if own else 0, listed, alarms)


async def _member_list(answers: Mapping[str, Answer], port: int) -> tuple[tuple[Listed, ...], tuple[str, ...]]:
    """From the leader, else from another member that knows one. Learners do not serve this."""
    led = [a for a in answers.values() if a.leader_id and not a.learner]
    for answer in sorted(led, key=lambda a: a.member_id != a.leader_id)[:2]:
        try:
            async with session(answer.address, port) as member:
                # Status only says that something is wrong, and whose alarm it is in a text for people.
                alarms = await member.alarms() if answer.errors else ()
                return await member.members(), alarms
        except Unanswered:
            continue
    return (), ()
