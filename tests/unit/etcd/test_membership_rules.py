"""Rules of membership, by example."""

from __future__ import annotations

import msgspec
import pytest

from etcd_operator.analyze import analyze
from etcd_operator.calls import AddLearner
from etcd_operator.membership import NOBODY
from etcd_operator.observation import ClaimSeen, Observation
from etcd_operator.record import Held, read
from etcd_operator.versions import parse
from tests.unit.etcd.world import applied, cluster, deeds, next_actions, reasons


def test_a_settled_cluster_does_nothing_and_looks_again() -> None:
    plan = analyze(cluster("abc"))
    assert deeds(plan) == []
    assert plan.reasons == ()
    assert plan.look_again == 30


def test_a_lost_volume_is_replaced_by_removing_its_member_first() -> None:
    assert next_actions(cluster("abc", lost="b")) == ["RemoveMember db-1"]


def test_a_lost_volume_waits_while_the_rest_could_not_decide() -> None:
    seen = cluster("abcde", lost="b", down="cd")
    assert next_actions(seen) == []
    assert reasons(seen) == ["QuorumAtRisk"]


def test_a_member_that_is_only_down_is_waited_for() -> None:
    seen = cluster("abc", down="b")
    assert next_actions(seen) == []
    assert reasons(seen) == ["MembersDown"]


def test_a_member_never_seen_with_data_is_replaced_once_it_was_silent_for_long() -> None:
    assert next_actions(cluster("abc", silent="c")) == ["RemoveMember db-2"]


def test_the_volume_of_a_member_never_seen_with_data_counts_as_used() -> None:
    seen = cluster("abc", silent="c")
    record = read(applied(seen, "ConfigMap")["data"])
    assert record.held["db-2"].id == NOBODY
    removed = msgspec.structs.replace(cluster("ab", size=3, replicas=3), record=record)
    assert next_actions(removed) == ["Delete PersistentVolumeClaim data-db-2", "Delete Pod db-2"]


def test_a_member_that_answers_after_all_is_written_down() -> None:
    record = read(applied(cluster("abc", silent="c"), "ConfigMap")["data"])
    data = applied(msgspec.structs.replace(cluster("abc"), record=record), "ConfigMap")["data"]
    assert read(data).held["db-2"].id == 0x102


def test_a_removed_members_volume_is_cleared_before_its_pod_may_join_again() -> None:
    seen = cluster("ac", size=3, dirty="b")
    assert next_actions(seen) == ["Delete PersistentVolumeClaim data-db-1", "Delete Pod db-1"]


def test_with_an_empty_dir_clearing_is_deleting_the_pod() -> None:
    assert next_actions(cluster("ac", size=3, dirty="b", ephemeral=True)) == ["Delete Pod db-1"]


def test_a_missing_member_is_added_as_a_learner_on_a_clean_volume() -> None:
    seen = cluster("ac", size=3)
    (step,) = deeds(analyze(seen))
    assert step.action == AddLearner("db-1", "http://db-1.db.default.svc:2380")


def test_no_second_member_joins_at_the_same_time() -> None:
    seen = cluster("abcd", size=5, learner="d", unstarted="d")
    assert next_actions(seen) == []
    assert reasons(seen) == ["Joining"]


def test_growing_adds_the_next_number() -> None:
    assert next_actions(cluster("abc", size=5)) == ["AddLearner db-3"]


def test_a_claim_left_over_from_before_is_deleted_before_its_number_joins() -> None:
    seen = cluster("abc", size=5)
    stray = ClaimSeen(name="data-db-3", pod="db-3", ordinal=3, uid="stray")
    seen = msgspec.structs.replace(seen, claims=(*seen.claims, stray))
    assert next_actions(seen) == ["Delete PersistentVolumeClaim data-db-3"]


def test_the_pods_follow_the_member_list_when_growing() -> None:
    before = cluster("abc", size=5)
    after = cluster("abcd", size=5, learner="d", unstarted="d", replicas=3)
    assert _replicas(before) == 3
    assert _replicas(after) == 4


def test_a_learner_is_promoted_when_it_has_caught_up() -> None:
    assert next_actions(cluster("abcd", learner="d")) == ["PromoteMember db-3"]


def test_a_learner_that_lags_is_waited_for() -> None:
    seen = cluster("abcd", learner="d", behind="d")
    assert next_actions(seen) == []
    assert reasons(seen) == ["Joining"]


def test_a_learner_that_never_starts_is_removed() -> None:
    assert next_actions(cluster("abcd", learner="d", silent="d")) == ["RemoveMember db-3"]


def test_a_learner_that_is_no_longer_wanted_is_removed() -> None:
    assert next_actions(cluster("abcd", size=3, learner="d")) == ["RemoveMember db-3"]


def test_shrinking_removes_the_highest_number() -> None:
    assert next_actions(cluster("abcde", size=3)) == ["RemoveMember db-4"]


def test_a_leader_that_cannot_hand_over_is_taken_out_as_it_is() -> None:
    seen = cluster("abcde", size=3, leader="e")
    old = tuple(msgspec.structs.replace(m, version=parse("3.2.32")) for m in seen.members)
    assert next_actions(msgspec.structs.replace(seen, members=old)) == ["RemoveMember db-4"]


def test_shrinking_moves_the_leadership_first_to_a_member_that_stays() -> None:
    assert next_actions(cluster("abcde", size=3, leader="e")) == ["MoveLeader db-0"]


def test_shrinking_waits_until_members_were_connected() -> None:
    seen = cluster("abcde", size=3, young="b")
    assert next_actions(seen) == []
    assert reasons(seen) == ["Resizing"]


def test_shrinking_never_goes_below_a_quorum() -> None:
    seen = cluster("abcd", size=3, down="bc")
    assert next_actions(seen) == []
    assert reasons(seen) == ["QuorumAtRisk"]


def test_the_pods_of_removed_members_go_and_then_their_claims() -> None:
    seen = cluster("abc", replicas=5)
    assert _replicas(seen) == 3
    assert reasons(seen) == ["Resizing"]  # the pods end
    assert seen.stateful_set is not None
    ended = msgspec.structs.replace(
        seen, pods=seen.pods[:3], stateful_set=msgspec.structs.replace(seen.stateful_set, replicas=3)
    )
    assert next_actions(ended) == ["Delete PersistentVolumeClaim data-db-3", "Delete PersistentVolumeClaim data-db-4"]


def test_a_pod_from_before_its_member_was_added_is_made_anew() -> None:
    assert next_actions(cluster("abc", learner="b", unstarted="b", unlisted="b")) == ["Delete Pod db-1"]


@pytest.mark.parametrize(("lost", "code"), [("abc", "DataLost"), ("ab", "QuorumLost"), ("a", "WaitingForMembers")])
def test_without_a_quorum_nothing_is_done_whatever_was_lost(lost: str, code: str) -> None:
    seen = cluster("abc", lost=lost, down="abc", known=False)
    assert next_actions(seen) == []
    assert reasons(seen) == [code]


def test_all_pods_gone_at_once_is_no_loss_where_there_are_volumes() -> None:
    seen = msgspec.structs.replace(cluster("abc", known=False), pods=())
    assert reasons(seen) == ["WaitingForMembers"]


def test_all_pods_gone_at_once_is_the_end_of_data_in_empty_dirs_and_said_so() -> None:
    seen = msgspec.structs.replace(cluster("abc", ephemeral=True, known=False), pods=())
    plan = analyze(seen)
    assert [r.code for r in plan.reasons] == ["DataLost"]
    assert ("DataLost", "True") in [(c.type, c.status) for c in plan.conditions]


def test_a_former_members_volume_is_told_from_a_new_one_by_its_uid() -> None:
    seen = cluster("ac", size=3)
    assert seen.record is not None
    held = {**seen.record.held, "db-1": Held(0x999, "claim-that-was")}
    seen = msgspec.structs.replace(seen, record=msgspec.structs.replace(seen.record, held=held))
    assert next_actions(seen) == ["AddLearner db-1"]


def _replicas(seen: Observation) -> int:
    return int(applied(seen, "StatefulSet")["spec"]["replicas"])
