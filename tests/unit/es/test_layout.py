"""Names that users know, and which nodes there are."""

from hypothesis import given
from hypothesis import strategies as st

from es_operator.layout import doubled, labels_of, shares
from tests.unit.es.worlds import new, node_set, spec_of

OLD = {
    "master-node-replicas": 2, "data-node-replicas": 4, "client-node-replicas": 3,
    "zones": ["us-east-1c", "us-east-1d", "us-east-1e"],
    "elastic-search-image": "docker.elastic.co/elasticsearch/elasticsearch:8.19.0",
}  # fmt: skip


def test_2017_names_by_role_cluster_and_zone() -> None:
    layout = new(OLD, "2017", "example").layout
    assert [(g.name, g.count, g.workload) for g in layout.groups] == [
        ("es-master-example-us-east-1c", 1, "StatefulSet"),
        ("es-master-example-us-east-1d", 1, "StatefulSet"),
        ("es-master-example-us-east-1e", 0, "StatefulSet"),
        ("es-data-example-us-east-1c", 2, "StatefulSet"),
        ("es-data-example-us-east-1d", 1, "StatefulSet"),
        ("es-data-example-us-east-1e", 1, "StatefulSet"),
        ("es-client-example", 3, "Deployment"),
    ]
    assert (layout.http_service, layout.discovery_service, layout.data_service) == (
        "elasticsearch-example", "elasticsearch-discovery-example", "es-data-svc-example",
    )  # fmt: skip
    assert (layout.claim, layout.data_path) == ("es-data", "/data")


def test_2017_without_zones_names_the_class_or_default() -> None:
    plain = {**OLD, "zones": []}
    assert new(plain, "2017", "x").layout.groups[0].name == "es-master-x-default"
    of_class = {**plain, "storage": {"storage-class": "Fast.SSD"}}
    group = new(of_class, "2017", "x").layout.groups[1]
    assert (group.name, group.storage_class) == ("es-data-x-fast-ssd", "Fast.SSD")


def test_2017_labels() -> None:
    seen = new(OLD, "2017", "example")
    labels = labels_of(seen.key, seen.layout)
    assert (labels["component"], labels["cluster"]) == ("elasticsearch-example", "example")
    assert labels["triad.dev/kind"] == "ElasticsearchCluster.enterprises.upmc.com"


def test_node_sets_by_zone() -> None:
    layout = new(spec_of(node_set("hot", 4, zones=["a", "B.c"], roles=["master", "data_hot"]))).layout
    assert [g.nodes for g in layout.groups] == [("c-es-hot-a-0", "c-es-hot-a-1"), ("c-es-hot-b-c-0", "c-es-hot-b-c-1")]
    assert layout.masters == layout.nodes
    assert layout.size == 4


def test_zones_that_make_one_name_are_seen() -> None:
    assert doubled(new(spec_of(node_set(zones=["a.b", "a-b"]))).layout) == "c-es-all-a-b"
    assert doubled(new().layout) is None


@given(st.integers(0, 1000), st.integers(1, 30))
def test_round_robin_is_even_and_complete(count: int, parts: int) -> None:
    dealt = shares(count, parts)
    assert sum(dealt) == count
    assert dealt == sorted(dealt, reverse=True)
    assert dealt[0] - dealt[-1] <= 1
