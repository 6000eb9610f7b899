"""What is asked anew right before a call: the world may have changed since the plan was made."""

from __future__ import annotations

import msgspec
import pytest

from common.control.plan import Call
from etcd_operator.calls import AddLearner, MoveLeader, PromoteMember, RemoveMember, RestartMember
from etcd_operator.observation import Observation
from etcd_operator.preconditions import done, unmet
from tests.unit.etcd.world import cluster

ADD = AddLearner("db-3", "http://db-3.db.default.svc:2380")
REMOVE_C = RemoveMember("db-2", 0x102)
PROMOTE_D = PromoteMember("db-3", 0x103)
TO_B = MoveLeader(0x100, 0x101, "db-1")
RESTART_C = RestartMember("db-2", "pod-c", 0x102)


@pytest.mark.parametrize(
    ("call", "seen"),
    [
        (ADD, cluster("abc")),
        (REMOVE_C, cluster("abc")),
        (RemoveMember("db-2", 0x102, lost=True), cluster("abc", lost="c")),
        (PROMOTE_D, cluster("abcd", learner="d")),
        (TO_B, cluster("abc")),
        (RESTART_C, cluster("abc")),
        (RestartMember("db-0", "pod-a", 0x100), cluster("a")),
    ],
)
def test_calls_that_may_be_made(call: Call, seen: Observation) -> None:
    assert not done(call, seen)
    assert unmet(call, seen) == ""


@pytest.mark.parametrize(
    ("call", "seen", "why"),
    [
        (ADD, cluster("abc", unstarted="c"), "another member joins"),
        (ADD, cluster("abce", learner="e"), "another member joins"),
        (ADD, cluster("abc", dirty="d"), "holds data"),
        (REMOVE_C, cluster("abcde", down="de"), "no majority"),
        (REMOVE_C, cluster("abc", leader="c"), "leads"),
        (RemoveMember("db-2", 0x102, lost=True), cluster("abc"), "answers again"),
        (PROMOTE_D, cluster("abcd", learner="d", behind="d"), "not caught up"),
        (PROMOTE_D, cluster("abcd", learner="d", down="d"), "not caught up"),
        (TO_B, cluster("abc", down="b"), "cannot lead"),
        (RESTART_C, cluster("abc", leader="c"), "leads"),
        (RESTART_C, cluster("abc", down="b"), "no majority"),
        (RESTART_C, cluster("abc", down="a"), "no quorum"),
    ],
)
def test_calls_that_must_wait(call: Call, seen: Observation, why: str) -> None:
    assert why in unmet(call, seen)


@pytest.mark.parametrize(
    ("call", "seen"),
    [
        (ADD, cluster("abcd", learner="d")),
        (REMOVE_C, cluster("ab")),
        (PROMOTE_D, cluster("abcd")),
        (TO_B, cluster("abc", leader="b")),
        (RestartMember("db-2", "pod-that-was", 0x102), cluster("abc")),
    ],
)
def test_calls_that_were_made_before(call: Call, seen: Observation) -> None:
    assert done(call, seen)


def test_a_volume_that_is_on_its_way_out_is_waited_for() -> None:
    seen = cluster("ac", size=3)
    leaving = tuple(msgspec.structs.replace(c, terminating=c.ordinal == 1) for c in seen.claims)
    seen = msgspec.structs.replace(seen, claims=leaving)
    assert "being deleted" in unmet(AddLearner("db-1", "http://db-1.db.default.svc:2380"), seen)
