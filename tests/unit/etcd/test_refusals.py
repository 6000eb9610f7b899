"""What only a person can mend, and what is said of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from common.control.operator import Key
from common.control.plan import Refused
from etcd_operator.analyze import analyze
from etcd_operator.observation import Observation
from tests.unit.etcd.world import KEY, applied, cluster, deeds, new


def refusal(seen: Observation) -> str:
    with pytest.raises(Refused) as caught:
        analyze(seen)
    return caught.value.reason.code


@pytest.mark.parametrize(
    ("name", "code"), [("x" * 53, "NameTooLong"), ("3etcd", "NameNotUsable"), ("a.b", "NameNotUsable")]
)
def test_names_that_pods_and_services_cannot_carry(name: str, code: str) -> None:
    assert refusal(msgspec.structs.replace(new(), key=Key(KEY.kind, "default", name))) == code


@pytest.mark.parametrize("version", ["3.0.17", "2.3.7", "4.0.0"])
def test_versions_that_are_not_run(version: str) -> None:
    assert refusal(new(version=version)) == "UnsupportedVersion"


def test_a_variable_that_the_operator_sets() -> None:
    env = [{"name": "ETCD_INITIAL_CLUSTER_STATE", "value": "new"}]
    assert refusal(new(podTemplate={"spec": {"containers": [{"name": "etcd", "env": env}]}})) == "ReservedVariable"


def test_a_volume_that_would_shrink() -> None:
    assert refusal(cluster("abc", storage={"size": "4Gi"})) == "StorageShrinks"


def test_a_secret_that_is_not_there() -> None:
    assert refusal(msgspec.structs.replace(new(), missing_secrets=("token",))) == "SecretMissing"


def condition(seen: Observation, type_: str) -> Any:
    return next((c for c in analyze(seen).conditions if c.type == type_), None)


def test_a_volume_that_would_grow_keeps_its_template_and_is_named() -> None:
    seen = cluster("abc", storage={"size": "16Gi"})
    claim = applied(seen, "StatefulSet")["spec"]["volumeClaimTemplates"][0]["spec"]
    assert claim["resources"]["requests"]["storage"] == "8Gi"
    assert "spec.storage.size" in condition(seen, "FieldsNotActedOn").message


def test_an_even_size_is_warned_of() -> None:
    assert condition(new(size=4), "AtRisk").reason == "EvenSize"
    assert condition(new(size=3), "AtRisk") is None


def test_a_version_from_the_future_is_warned_of() -> None:
    assert condition(new(version="3.9.0"), "AtRisk").reason == "UnknownVersion"


def test_empty_dirs_are_warned_of() -> None:
    assert condition(new(storage={"ephemeral": True}), "AtRisk").reason == "EphemeralStorage"


def test_paused_changes_nothing_and_reports_on() -> None:
    seen = cluster("abc", lost="b", paused=True)
    plan = analyze(seen)
    assert plan.steps == ()
    assert plan.status["phase"] == "Paused"
    assert plan.status["readyMembers"] == 2


def test_status_says_who_is_who() -> None:
    seen = cluster("abc", down="c")
    status = analyze(seen).status
    assert [(m["name"], m["role"]) for m in status["members"]] == [
        ("db-0", "Leader"),
        ("db-1", "Follower"),
        ("db-2", "Unreachable"),
    ]
    assert (status["size"], status["readyMembers"], status["currentVersion"]) == (3, 2, "3.6.16")
    assert deeds(analyze(seen)) == []
