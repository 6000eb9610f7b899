"""What an administrator does to an etcd cluster, and what befalls one, while a client writes."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from deploy.install.cluster import Cluster
from deploy.install.operators import Installation
from deploy.install.waiting import State, eventually
from tests.e2e.etcd.conftest import Etcd

pytestmark = pytest.mark.timeout(1200)

OLD, NEW = "3.5.35", "3.6.16"
STORAGE = {"size": "256Mi"}


def test_it_grows_and_shrinks_under_load(etcd: Etcd) -> None:
    etcd.create(size=3, version=NEW, storage=STORAGE)
    first = etcd.member_ids()
    with etcd.written_to():
        etcd.edit(size=5)
        etcd.settle(5)
        assert len(etcd.pods()) == 5
        etcd.edit(size=3)
        etcd.settle(3)
    assert set(etcd.pods()) == {"db-0", "db-1", "db-2"}
    assert etcd.member_ids() == first
    claims = etcd.cluster.list_("v1", "PersistentVolumeClaim", etcd.namespace)
    assert {c["metadata"]["name"] for c in claims} == {"data-db-0", "data-db-1", "data-db-2"}


def test_all_pods_killed_at_once_lose_nothing(etcd: Etcd) -> None:
    etcd.create(size=3, version=NEW, storage=STORAGE)
    first = etcd.member_ids()
    with etcd.written_to():
        time.sleep(2)
        before = {p["metadata"]["uid"] for p in etcd.pods().values()}
        etcd.kill(*etcd.pods())
        etcd.settle(3, lambda: before.isdisjoint(p["metadata"]["uid"] for p in etcd.pods().values()))
        time.sleep(2)
    assert etcd.member_ids() == first


def test_a_lost_volume_is_replaced_by_a_new_member(etcd: Etcd) -> None:
    etcd.create(size=3, version=NEW, storage=STORAGE)
    first = etcd.member_ids()
    with etcd.written_to():
        etcd.lose_volume("db-1")
        etcd.settle(3, lambda: etcd.member_ids().get("db-1") not in (None, first["db-1"]))
    now = etcd.member_ids()
    assert (now["db-0"], now["db-2"]) == (first["db-0"], first["db-2"])


def test_paused_it_is_left_alone(etcd: Etcd) -> None:
    etcd.create(size=3, version=NEW, storage=STORAGE)
    first = etcd.member_ids()
    etcd.edit(paused=True)
    eventually(lambda: State(etcd.read()["status"]["phase"] == "Paused", "not paused"), 60)
    etcd.lose_volume("db-2")
    time.sleep(15)
    assert etcd.member_ids() == first
    statuses = etcd.pods()["db-2"]["status"].get("containerStatuses", [])
    assert not any(s["ready"] for s in statuses), "it came back under an ID that it knows nothing of"
    etcd.edit(paused=False)
    etcd.settle(3, lambda: etcd.member_ids().get("db-2") not in (None, first["db-2"]))


def test_an_upgrade_by_one_minor_goes_member_by_member(etcd: Etcd) -> None:
    etcd.create(size=3, version=OLD, storage=STORAGE)
    first = etcd.member_ids()
    with etcd.written_to():
        etcd.edit(version=NEW)
        etcd.settle(3, lambda: etcd.read()["status"]["currentVersion"] == NEW)
    assert etcd.member_ids() == first
    etcd.edit(version=OLD)
    eventually(lambda: State(etcd.condition("Degraded").get("reason") == "UpgradeRefused", "not refused"), 60)
    assert all(p["spec"]["containers"][0]["image"].endswith(NEW) for p in etcd.pods().values())


def test_the_cluster_of_2017_replaces_a_deleted_pod_by_a_new_member(etcd_of_2017: Etcd) -> None:
    etcd = etcd_of_2017
    etcd.create(size=3, version=OLD)
    first = etcd.member_ids()
    with etcd.written_to():
        etcd.kill("db-0")
        etcd.settle(3, lambda: etcd.member_ids().get("db-0") not in (None, first["db-0"]))
    assert etcd.read()["status"]["members"]["ready"] == ["db-0", "db-1", "db-2"]


def test_when_all_data_in_empty_dirs_is_gone_a_person_is_told_and_nothing_is_formed_anew(etcd_of_2017: Etcd) -> None:
    etcd = etcd_of_2017
    etcd.create(size=3, version=OLD)
    first = etcd.member_ids()
    etcd.kill("db-0", "db-1", "db-2")

    def told() -> State:
        found = etcd.condition("DataLost") or etcd.condition("QuorumLost")
        return State(found.get("status") == "True", str(etcd.condition("Available")))

    eventually(told, 120)
    time.sleep(10)
    assert etcd.member_ids() == first
    assert etcd.condition("Available")["status"] == "False"


@pytest.fixture
def without_operator(cluster: Cluster, operators: tuple[Installation, ...]) -> Iterator[None]:
    installation = next(o for o in operators if o.deployment == "etcd-operator")
    installation.delete_deployment(cluster)
    eventually(lambda: State(not installation.pods(cluster), "the operator runs"), 120)
    yield
    installation.apply(cluster)
    installation.wait(cluster)


def test_without_the_operator_the_cluster_runs_on(etcd: Etcd, request: pytest.FixtureRequest) -> None:
    etcd.create(size=3, version=NEW, storage=STORAGE)
    request.getfixturevalue("without_operator")
    with etcd.written_to():
        before = etcd.pods()["db-1"]["metadata"]["uid"]
        etcd.kill("db-1")

        def back() -> State:
            pod = etcd.pods().get("db-1", {})
            statuses = pod.get("status", {}).get("containerStatuses", [])
            ready = bool(statuses) and all(s["ready"] for s in statuses) and pod["metadata"]["uid"] != before
            return State(ready, str(statuses))

        eventually(back, 120)
    etcd.cluster.delete(etcd.api_version, etcd.kind, etcd.namespace, etcd.name)
    eventually(lambda: State(not etcd.pods(), f"{[*etcd.pods()]} are there"), 120)
