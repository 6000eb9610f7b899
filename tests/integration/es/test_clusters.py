"""What becomes of resources on a real API server, which keeps our schemas, defaults and canonical forms."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.es.conftest import OLD, Clusters, eventually, status_of

NODE_SETS = [{"name": "all", "count": 3}]
HOSTILE = ["{{ 7*7 }}", "a: &x [*x]", "line\nbreak: true", "quote\"'`", "\u2028---\u2028", "x" * 300]
EXAMPLE = Path(__file__).parents[3] / "deploy" / "elasticsearch" / "examples" / "2017.yaml"


def _there(clusters: Clusters, *names: str) -> dict[str, Any]:
    eventually(lambda: set(names) <= set(clusters.stateful_sets()), clusters.stateful_sets)
    return clusters.stateful_sets()


def test_a_resource_becomes_a_cluster(clusters: Clusters) -> None:
    clusters.create("c", version="8.19.0", nodeSets=NODE_SETS)
    sets = _there(clusters, "c-es-all")
    assert sets["c-es-all"].spec.replicas == 3
    eventually(lambda: len(clusters.owned("c")) == 5)
    kinds = sorted(o.__class__.__name__ for o in clusters.owned("c"))
    assert kinds == ["V1ConfigMap", "V1PodDisruptionBudget", "V1Service", "V1Service", "V1StatefulSet"]
    assert all(not o.metadata.finalizers for o in clusters.owned("c"))
    eventually(lambda: clusters.read("c").get("status", {}).get("phase") == "Creating")
    eventually(lambda: "Applied" in clusters.reasons("c"), lambda: clusters.reasons("c"))
    frozen = clusters.core.read_namespaced_config_map("c-es-config", clusters.namespace).data["initial-master-nodes"]
    assert frozen == "c-es-all-0,c-es-all-1,c-es-all-2"


def test_a_second_look_writes_nothing(clusters: Clusters) -> None:
    clusters.create("c", version="8.19.0", nodeSets=NODE_SETS)
    _there(clusters, "c-es-all")
    time.sleep(3)
    before = {(o.__class__, o.metadata.name): o.metadata.resource_version for o in clusters.owned("c")}
    resource = clusters.read("c")["metadata"]["resourceVersion"]
    clusters.core.create_namespaced_secret(clusters.namespace, {"metadata": {"name": "makes-it-look"}})
    time.sleep(3)
    assert {(o.__class__, o.metadata.name): o.metadata.resource_version for o in clusters.owned("c")} == before
    assert clusters.read("c")["metadata"]["resourceVersion"] == resource


def test_more_nodes_and_a_changed_template(clusters: Clusters) -> None:
    clusters.create("c", version="8.19.0", nodeSets=[*NODE_SETS, {"name": "d", "count": 1, "roles": ["data"]}])
    _there(clusters, "c-es-all", "c-es-d")
    clusters.edit("c", nodeSets=[*NODE_SETS, {"name": "d", "count": 2, "roles": ["data"], "heap": "1g"}])

    def changed() -> bool:
        found = clusters.stateful_sets()["c-es-d"].spec
        options = [e.value for e in found.template.spec.containers[0].env if e.name == "ES_JAVA_OPTS"]
        return bool(found.replicas == 2 and options == ["-Xms1g -Xmx1g"])

    eventually(changed)


def test_masters_do_not_join_while_the_first_election_is_on(clusters: Clusters) -> None:
    clusters.create("c", version="8.19.0", nodeSets=NODE_SETS)
    _there(clusters, "c-es-all")
    clusters.edit("c", nodeSets=[{"name": "all", "count": 5}])
    time.sleep(2)
    assert clusters.stateful_sets()["c-es-all"].spec.replicas == 3


def test_fewer_nodes_never_without_draining(clusters: Clusters) -> None:
    clusters.create("c", version="8.19.0", nodeSets=NODE_SETS)
    _there(clusters, "c-es-all")
    clusters.edit("c", nodeSets=[{"name": "all", "count": 1}])
    time.sleep(2)
    assert clusters.stateful_sets()["c-es-all"].spec.replicas == 3, "nobody can say that the nodes are empty"


def test_what_was_taken_away_by_hand_comes_back(clusters: Clusters) -> None:
    clusters.create("c", version="8.19.0", nodeSets=NODE_SETS)
    _there(clusters, "c-es-all")
    eventually(lambda: len(clusters.owned("c")) == 5)
    clusters.core.delete_namespaced_service("c-es", clusters.namespace)
    eventually(lambda: len(clusters.owned("c")) == 5)


def test_the_example_of_2017_comes_up_where_its_zones_and_volumes_do_not_exist(clusters: Clusters) -> None:
    spec = yaml.safe_load(EXAMPLE.read_text())["spec"]
    clusters.create("example", OLD, **spec)
    sets = _there(clusters, *(f"es-{r}-example-us-east-1{z}" for r in ("master", "data") for z in "cde"))
    for found in sets.values():
        assert found.spec.volume_claim_templates[0].spec.storage_class_name is None, "the default class"
    eventually(lambda: clusters.condition("example", "StorageAsAsked", OLD).get("status") == "False")
    assert "ebs.csi.aws.com" in clusters.condition("example", "StorageAsAsked", OLD)["message"]
    assert "us-east-1c, us-east-1d, us-east-1e" in clusters.condition("example", "ZonesFound", OLD)["message"]
    names = {c.metadata.name for c in clusters.storage.list_storage_class().items}
    assert not names & {"us-east-1c", "us-east-1d", "us-east-1e"}
    (clients,) = clusters.apps.list_namespaced_deployment(clusters.namespace).items
    assert (clients.metadata.name, clients.spec.replicas) == ("es-client-example", 3)


def test_zones_get_their_classes_where_the_provisioner_is_not_known_to_be_gone(clusters: Clusters) -> None:
    zone = f"zone-{clusters.namespace}"
    spec = {
        "master-node-replicas": 3, "data-node-replicas": 1, "elastic-search-image": "elasticsearch:8.19.0",
        "zones": [zone], "storage": {"type": "fast", "storage-class-provisioner": "example.org/disk"},
    }  # fmt: skip
    clusters.create("old", OLD, **spec)
    sets = _there(clusters, f"es-data-old-{zone}")
    assert sets[f"es-data-old-{zone}"].spec.volume_claim_templates[0].spec.storage_class_name == zone
    made = eventually(lambda: zone in {c.metadata.name for c in clusters.storage.list_storage_class().items})
    assert made
    found = clusters.storage.read_storage_class(zone)
    assert (found.provisioner, found.parameters["type"]) == ("example.org/disk", "fast")
    clusters.storage.delete_storage_class(zone)


@pytest.mark.parametrize(
    "spec",
    [
        {"nodeSets": [{"name": "all", "count": -1}]},
        {"nodeSets": [{"name": "all", "count": 0}]},
        {"nodeSets": []},
        {"nodeSets": [{"name": "all"}, {"name": "all"}]},
        {"nodeSets": [{"name": "all", "roles": ["emperor"]}]},
        {"nodeSets": [{"name": "all", "roles": ["data"]}]},
        {"nodeSets": [{"name": "all", "storage": {"size": "some"}}]},
    ],
)
def test_the_schema_refuses_what_can_never_be_right(clusters: Clusters, spec: dict[str, Any]) -> None:
    assert status_of(lambda: clusters.create("c", version="8.19.0", **spec)) == 422


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_string_changes_nothing_but_the_condition(clusters: Clusters, text: str) -> None:
    old = {"master-node-replicas": 1, "data-node-replicas": 1, "elastic-search-image": "elasticsearch:8.19.0"}
    clusters.create("image", OLD, **{**old, "elastic-search-image": text})
    clusters.create("zone", OLD, **{**old, "zones": [text]})
    clusters.create("size", OLD, **{**old, "data-volume-size": text[:64]})
    for name in ("image", "zone", "size"):
        eventually(lambda n=name: clusters.refused(n, OLD), lambda n=name: clusters.read(n, OLD))  # type: ignore[misc]  # a lambda with a default
    assert clusters.stateful_sets() == {}


def test_java_options_are_only_ever_a_value(clusters: Clusters) -> None:
    hostile = '-Dx="}}{{ [*a]\n  privileged: true'
    clusters.create("c", version="8.19.0", nodeSets=[{"name": "all", "javaOptions": hostile}])
    found = _there(clusters, "c-es-all")["c-es-all"].spec.template.spec.containers[0]
    assert hostile in [e.value for e in found.env]
    assert not found.security_context.privileged


def test_a_missing_secret_is_waited_for(clusters: Clusters) -> None:
    clusters.create("c", version="8.19.0", nodeSets=NODE_SETS, imagePullSecrets=["registry"])
    eventually(lambda: clusters.refused("c") == "SecretMissing", lambda: clusters.read("c"))
    assert clusters.stateful_sets() == {}
    clusters.core.create_namespaced_secret(clusters.namespace, {"metadata": {"name": "registry"}})
    _there(clusters, "c-es-all")
    eventually(lambda: clusters.condition("c", "Accepted").get("status") == "True")


def test_a_claim_never_shrinks(clusters: Clusters) -> None:
    clusters.create("c", version="8.19.0", nodeSets=[{"name": "all", "storage": {"size": "4Gi"}}])
    before = _there(clusters, "c-es-all")["c-es-all"].metadata.generation
    clusters.edit("c", nodeSets=[{"name": "all", "heap": "1g", "storage": {"size": "2Gi"}}])
    eventually(lambda: clusters.refused("c") == "StorageShrinks", lambda: clusters.read("c"))
    assert clusters.stateful_sets()["c-es-all"].metadata.generation == before, "nothing else changes either"
    clusters.edit("c", nodeSets=[{"name": "all", "heap": "1g", "storage": {"size": "4Gi"}}])
    eventually(lambda: not clusters.refused("c"))


def test_two_resources_of_one_name(clusters: Clusters) -> None:
    clusters.create("twin", version="8.19.0", nodeSets=NODE_SETS)
    _there(clusters, "twin-es-all")
    time.sleep(1.1)  # creation times are whole seconds
    old = {"master-node-replicas": 1, "data-node-replicas": 1, "elastic-search-image": "elasticsearch:8.19.0"}
    clusters.create("twin", OLD, **old)
    eventually(lambda: clusters.refused("twin", OLD) == "NameTaken", lambda: clusters.read("twin", OLD))
    assert set(clusters.stateful_sets()) == {"twin-es-all"}
    clusters.delete("twin")
    _there(clusters, "es-master-twin-default")


def test_paused_is_left_alone(clusters: Clusters) -> None:
    clusters.create("c", version="8.19.0", nodeSets=NODE_SETS, paused=True)
    eventually(lambda: clusters.condition("c", "Paused").get("status") == "True")
    assert clusters.owned("c") == []
    clusters.edit("c", paused=False)
    _there(clusters, "c-es-all")


def test_deleting_needs_no_operator_and_leaves_nothing(clusters: Clusters) -> None:
    clusters.create("c", version="8.19.0", nodeSets=NODE_SETS)
    _there(clusters, "c-es-all")
    assert "finalizers" not in clusters.read("c")["metadata"]
    clusters.delete("c")
    eventually(lambda: clusters.owned("c") == [], lambda: clusters.owned("c"), 60)
