"""Calls of etcd's own API, as steps of a plan. act.py carries them out."""

from __future__ import annotations

from common.control.plan import Call


class AddLearner(Call, frozen=True):
    """Add a member without a vote for a pod whose volume is new."""

    pod: str
    url: str


class PromoteMember(Call, frozen=True):
    """Give a learner that has caught up its vote."""

    pod: str
    id: int


class RemoveMember(Call, frozen=True):
    """Take a member out of the list for good."""

    pod: str
    id: int
    lost: bool = False
    """Only while it does not answer: it is taken out because its data is gone."""


class MoveLeader(Call, frozen=True):
    """Hand the leadership over, so that no election interrupts the clients."""

    from_id: int
    to_id: int
    to_pod: str


class RestartMember(Call, frozen=True):
    """Delete a member's pod, so that it comes back from the present template."""

    pod: str
    uid: str
    id: int
