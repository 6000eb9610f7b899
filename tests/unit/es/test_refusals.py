"""What only a person can mend: each refusal has a name and says what to write instead."""

from typing import Any

import msgspec
import pytest

from common.control.plan import Refused
from es_operator.analyze import analyze
from es_operator.observation import Observation, Record, Surroundings
from es_operator.versions import Version
from tests.unit.es.worlds import UUID, asks_for, new, node_set, replaced, running, spec_of, with_cluster


def refusal(seen: Observation) -> str:
    with pytest.raises(Refused) as refused:
        analyze(seen)
    assert "\n" not in refused.value.reason.message
    return refused.value.reason.code


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (spec_of(version="latest"), "VersionUnknown"),
        (spec_of(version="2.4.6"), "VersionTooOld"),
        (spec_of(version="{{ 7 * 7 }}"), "VersionUnknown"),
        (spec_of(node_set(count=0)), "NoMasters"),
        (spec_of(node_set(roles=["data"])), "NoMasters"),
        (spec_of(node_set(roles=["master"])), "NoDataNodes"),
        (spec_of(node_set(), node_set()), "NamesCollide"),
        (spec_of(node_set(zones=["a.b", "a-b"])), "NamesCollide"),
        (spec_of(node_set(roles=["master", "data_hot"]), version="7.9.3"), "RoleUnknown"),
        (spec_of(node_set(roles=["master", "data", "ml"]), version="7.8.1"), "RoleUnknown"),
        (spec_of(node_set(), node_set("v", roles=["voting_only"])), "RoleIncomplete"),
        (spec_of(node_set(heap="2g", resources={"limits": {"memory": "2Gi"}})), "HeapTooLarge"),
        (spec_of(node_set(javaOptions="-Xms1g -Xmx1g", resources={"limits": {"memory": "1Gi"}})), "HeapTooLarge"),
        (spec_of(node_set(config={"node.name": "x"})), "SettingReserved"),
        (spec_of(node_set(), config={"discovery": {"type": "single-node"}}), "SettingReserved"),
        (spec_of(node_set(resources={"limits": {"memory": "0"}})), "AmountInvalid"),
    ],
)
def test_each_wrong_wish_has_a_name(spec: dict[str, Any], code: str) -> None:
    assert refusal(new(spec)) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"master-node-replicas": 0}, "NoMasters"),
        ({"data-node-replicas": 0}, "NoDataNodes"),
        ({"elastic-search-image": "elasticsearch"}, "VersionUnknown"),
        ({"data-volume-size": "ten gigabytes"}, "AmountInvalid"),
        ({"resources": {"limits": {"memory": "lots"}}}, "AmountInvalid"),
        (
            {"zones": ["a"], "storage": {"storage-class-provisioner": "p", "volume-reclaim-policy": "Burn"}},
            "ReclaimPolicyUnknown",
        ),
    ],
)
def test_the_type_of_2017_has_no_schema_so_it_is_checked_here(change: dict[str, Any], code: str) -> None:
    spec = {"master-node-replicas": 3, "data-node-replicas": 3, "elastic-search-image": "elasticsearch:8.19.0"}
    assert refusal(new({**spec, **change}, "2017")) == code


def test_a_name_that_pods_could_not_carry() -> None:
    assert refusal(new(name="a" * 50)) == "NameTooLong"
    assert refusal(new(name="1.es")) == "NameNotUsable"
    assert analyze(new(name="a" * 40)).steps


def test_a_heap_that_fits_is_accepted() -> None:
    assert analyze(new(spec_of(node_set(heap="1g", resources={"limits": {"memory": "2Gi"}})))).steps


def test_a_missing_secret_is_named() -> None:
    seen = replaced(new(), around=Surroundings(missing_secrets=("pull",)))
    assert refusal(seen) == "SecretMissing"


def test_a_volume_never_shrinks() -> None:
    assert refusal(asks_for(running(), spec_of(node_set(storage={"size": "1Gi"})))) == "StorageShrinks"
    assert analyze(asks_for(running(), spec_of(node_set(storage={"size": "10240Mi"})))).steps


def test_another_minor_version_is_not_yet_walked_to_and_the_way_back_is_named() -> None:
    seen = asks_for(running(), spec_of(version="9.0.0"))
    with pytest.raises(Refused, match=r"set the version back to 8\.19\.0"):
        analyze(seen)


def test_a_patch_release_is_a_change_like_any_other() -> None:
    assert analyze(asks_for(running(), spec_of(version="8.19.4"))).steps


def test_no_node_goes_back_to_an_older_patch_once_one_runs_the_newer() -> None:
    ahead = replaced(asks_for(running(), spec_of(version="8.19.1")), record=Record((), UUID, Version(8, 19, 2)))
    assert ahead.cluster is not None
    started = tuple(msgspec.structs.replace(n, version="8.19.2") for n in ahead.cluster.nodes)
    assert refusal(with_cluster(ahead, nodes=started)) == "DowngradeRefused"
    assert analyze(ahead).steps, "none started: the edit may be taken back"


def test_a_cluster_that_never_formed_may_be_given_any_version() -> None:
    seen = replaced(new(spec_of(version="9.2.0")), record=Record(("c-es-all-0",), "", Version(8, 19, 0)))
    assert analyze(seen).steps
