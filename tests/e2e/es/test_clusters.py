"""What an administrator does to an Elasticsearch cluster, and what befalls one, while a client indexes."""

from __future__ import annotations

import time

import pytest

from deploy.install.waiting import State, eventually
from tests.e2e.es.conftest import SETTLED_WITHIN, Search

pytestmark = pytest.mark.timeout(1800)

MASTERS = {"name": "m", "count": 1, "roles": ["master"]}
TEMPLATE = {"metadata": {"annotations": {"example.org/edited": "yes"}}}


def _data(count: int, **more: object) -> dict[str, object]:
    return {"name": "d", "count": count, "roles": ["data", "ingest"], **more}


def test_roles_and_zones_then_it_grows_and_shrinks_by_draining(search: Search) -> None:
    zoned = {"zones": ["a", "b"], "zonePlacement": "Preferred"}
    search.create(MASTERS, _data(2, **zoned))
    assert search.nodes() == {"find-es-m-0": "m", "find-es-d-a-0": "di", "find-es-d-b-0": "di"}
    uuid = search.uuid()
    with search.written_to():
        search.edit(MASTERS, _data(3, **zoned))
        search.settle()
        assert "find-es-d-a-1" in search.nodes()
        search.edit(MASTERS, _data(2, **zoned))
        search.settle()
    assert set(search.nodes()) == {"find-es-m-0", "find-es-d-a-0", "find-es-d-b-0"}
    eventually(lambda: State("es-d-a-1" not in " ".join(search.claims()), str(search.claims())), 60)
    with search.client() as client:
        persistent = client.cluster.get_settings(flat_settings=True)["persistent"]
    assert not [name for name in persistent if "allocation" in name], persistent
    assert search.uuid() == uuid


def test_all_pods_killed_at_once_lose_nothing(search: Search) -> None:
    search.create({"name": "all", "count": 3})
    uuid = search.uuid()
    with search.written_to():
        time.sleep(3)
        before = {p["metadata"]["uid"] for p in search.pods().values()}
        search.kill(*search.pods())
        search.settle(lambda: before.isdisjoint(p["metadata"]["uid"] for p in search.pods().values()))
        time.sleep(3)
    assert search.uuid() == uuid
    config = search.cluster.get("v1", "ConfigMap", search.namespace, "find-es-config")
    assert config is not None
    assert "initial_master_nodes" not in str(config["data"]), "no node may ever form a second cluster"


def test_a_changed_template_rolls_one_node_at_a_time(search: Search) -> None:
    search.create({"name": "all", "count": 3})
    fewest = 3
    with search.written_to():
        search.edit({"name": "all", "count": 3, "podTemplate": TEMPLATE})
        deadline = time.monotonic() + SETTLED_WITHIN

        def edited() -> bool:
            return all("example.org/edited" in p["metadata"].get("annotations", {}) for p in search.pods().values())

        while not edited():
            fewest = min(fewest, len(search.ready()))
            assert time.monotonic() < deadline, search.read()["status"]
            time.sleep(0.5)
        search.settle()
    assert fewest == 2
    with search.client() as client:
        assert not client.cluster.get_settings(flat_settings=True)["persistent"]


def test_a_bad_edit_is_mended_by_the_next(search: Search) -> None:
    search.create({"name": "all", "count": 2})
    broken = {"spec": {"containers": [{"name": "elasticsearch", "image": "localhost/no-such-image:1"}]}}
    search.edit({"name": "all", "count": 2, "podTemplate": broken})
    eventually(lambda: State(len(search.ready()) == 1, str(search.ready())), 180, "the first pod being stuck")
    time.sleep(10)
    assert len(search.ready()) == 1, "the other one is not touched"
    search.edit({"name": "all", "count": 2, "podTemplate": None})
    search.settle()


def test_a_lost_volume_is_filled_again_from_the_other_copies(search: Search) -> None:
    search.create({"name": "all", "count": 3})
    with search.written_to():
        time.sleep(3)
        search.cluster.delete("v1", "PersistentVolumeClaim", search.namespace, "data-find-es-all-1")
        before = search.pods()["find-es-all-1"]["metadata"]["uid"]
        search.kill("find-es-all-1")
        search.settle(lambda: before not in {p["metadata"]["uid"] for p in search.pods().values()})


def test_a_drain_that_cannot_end_is_explained(search: Search) -> None:
    search.create({"name": "all", "count": 3})
    with search.client() as client:
        client.indices.create(index="wide", settings={"number_of_shards": 1, "number_of_replicas": 2})
    search.settle()
    search.edit({"name": "all", "count": 2})

    def explained() -> State:
        degraded = search.condition("Degraded")
        return State(degraded.get("reason") == "DrainImpossible", str(degraded))

    eventually(explained, 120)
    assert "index wide" in search.condition("Degraded")["message"]
    assert len(search.ready()) == 3
    with search.client() as client:
        client.indices.put_settings(index="wide", settings={"number_of_replicas": 1})
    search.settle()
    assert set(search.nodes()) == {"find-es-all-0", "find-es-all-1"}
