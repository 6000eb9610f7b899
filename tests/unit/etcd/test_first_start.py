"""From nothing to a cluster."""

from __future__ import annotations

import msgspec
import pytest

from common.control.plan import Apply
from etcd_operator.analyze import analyze
from etcd_operator.observation import ClaimSeen, PodSeen
from etcd_operator.record import Record, read
from tests.unit.etcd.world import applied, cluster, new, next_actions, reasons

ALL = "db-0=http://db-0.db.default.svc:2380,db-1=http://db-1.db.default.svc:2380,db-2=http://db-2.db.default.svc:2380"


def test_everything_is_created_in_one_look_side_by_side() -> None:
    plan = analyze(new())
    kinds = [s.action.object["kind"] for s in plan.steps if isinstance(s.action, Apply)]
    assert kinds == ["ConfigMap", "Service", "Service", "PodDisruptionBudget", "StatefulSet"]
    assert not any(s.alone for s in plan.steps)
    assert plan.look_again is None  # pods' own events bring the next look


def test_all_members_start_at_once_with_the_same_list() -> None:
    data = applied(new(), "ConfigMap")["data"]
    assert data == {"ETCD_INITIAL_CLUSTER": ALL, "ETCD_INITIAL_CLUSTER_STATE": "new"}
    spec = applied(new(), "StatefulSet")["spec"]
    assert (spec["replicas"], spec["podManagementPolicy"], spec["updateStrategy"]) == (
        3,
        "Parallel",
        {"type": "OnDelete"},
    )


def test_the_list_of_the_first_start_stands_until_there_is_a_cluster() -> None:
    first = read(applied(new(size=3), "ConfigMap")["data"])
    seen = msgspec.structs.replace(new(size=5), record=first, pods=(PodSeen(name="db-0", ordinal=0, uid="p"),))
    assert applied(seen, "ConfigMap")["data"]["ETCD_INITIAL_CLUSTER"] == ALL
    assert applied(seen, "StatefulSet")["spec"]["replicas"] == 3
    assert reasons(seen) == ["Creating"]


def test_once_formed_no_started_member_stands_under_its_pods_name() -> None:
    data = applied(cluster("abc"), "ConfigMap")["data"]
    names = [pair.partition("=")[0] for pair in data["ETCD_INITIAL_CLUSTER"].split(",")]
    assert names == ["member-100", "member-101", "member-102"]
    assert data["ETCD_INITIAL_CLUSTER_STATE"] == "existing"
    assert data["members"].splitlines()[0] == "db-0 100 claim-a voter"


def test_a_straggler_of_the_first_start_may_still_join() -> None:
    data = applied(cluster("abc", unstarted="c"), "ConfigMap")["data"]
    assert "db-2=http://db-2" in data["ETCD_INITIAL_CLUSTER"]
    assert "db-1=http://db-1" not in data["ETCD_INITIAL_CLUSTER"]


def test_volumes_of_an_earlier_cluster_are_never_covered_by_a_new_one() -> None:
    claims = tuple(
        ClaimSeen(name=f"data-db-{i}", pod=f"db-{i}", ordinal=i, uid=f"c{i}", requested=8 << 30) for i in range(5)
    )
    seen = msgspec.structs.replace(new(size=3), claims=claims)
    data = applied(seen, "ConfigMap")["data"]
    assert data["ETCD_INITIAL_CLUSTER_STATE"] == "existing"
    assert not read(data).expects("db-0")
    assert applied(seen, "StatefulSet")["spec"]["replicas"] == 5
    assert reasons(seen) == ["WaitingForMembers"]


def test_a_lost_config_map_is_written_anew_without_letting_anybody_start_empty() -> None:
    seen = msgspec.structs.replace(cluster("abc", known=False, down="abc"), record=None)
    data = applied(seen, "ConfigMap")["data"]
    assert data["ETCD_INITIAL_CLUSTER_STATE"] == "existing"
    assert not any(read(data).expects(f"db-{i}") for i in range(3))


def test_what_cannot_be_read_in_the_config_map_errs_on_the_side_of_the_data() -> None:
    assert read({}) == Record((), True)
    assert read({"members": "rubbish\ndb-0 zz uid voter\ndb-1 1f uid voter", "cluster-id": "?"}).held.keys() == {"db-1"}


def test_a_pod_that_cannot_start_from_an_old_template_is_made_anew() -> None:
    stuck = PodSeen(name="db-0", ordinal=0, uid="p", outdated=True, complaint="ImagePullBackOff")
    fine = PodSeen(name="db-1", ordinal=1, uid="q", outdated=True)
    seen = msgspec.structs.replace(new(), record=read(applied(new(), "ConfigMap")["data"]), pods=(stuck, fine))
    assert next_actions(seen) == ["Delete Pod db-0"]


def test_no_pod_with_an_empty_dir_is_deleted_once_it_may_hold_data() -> None:
    seen = cluster("abc", ephemeral=True, known=False, outdated="abc", down="abc")
    pods = tuple(msgspec.structs.replace(p, complaint="CrashLoopBackOff") for p in seen.pods)
    assert next_actions(msgspec.structs.replace(seen, pods=pods)) == []


@pytest.mark.parametrize(("silent_seconds", "degraded"), [(4.0, "False"), (1000.0, "True")])
def test_a_member_that_starts_for_the_first_time_is_not_reported_as_down(silent_seconds: float, degraded: str) -> None:
    seen = cluster("abc", silent="c")
    members = tuple(msgspec.structs.replace(m, pod_seconds=silent_seconds) if not m.alive else m for m in seen.members)
    plan = analyze(msgspec.structs.replace(seen, members=members))
    assert next(c.status for c in plan.conditions if c.type == "Degraded") == degraded
