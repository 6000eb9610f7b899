from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.kube.objects import Meta
from common.kube.resource import Resource
from common.resources.kind import LONGEST_LABEL
from common.resources.problem import Unacceptable
from common.workload.names import LONGEST_NAME, check_name, labels, selector
from common.workload.owner import owner_reference


def test_a_cluster_can_be_found_by_its_objects_labels() -> None:
    assert labels("etcd-operator", "etcd", "EtcdCluster.data.triad.dev", "main") == {
        "app.kubernetes.io/managed-by": "etcd-operator",
        "app.kubernetes.io/name": "etcd",
        "app.kubernetes.io/instance": "main",
        "triad.dev/kind": "EtcdCluster.data.triad.dev",
    }


def test_selectors_are_part_of_the_labels() -> None:
    assert selector("etcd", "k", "main").items() <= labels("o", "etcd", "k", "main").items()


@pytest.mark.parametrize("name", ["a", "etcd-1", "a" * LONGEST_NAME])
def test_names_that_pods_and_services_can_carry(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a" * 53, "NameTooLong"),
        ("a.b", "NameNotUsable"),
        ("3a", "NameNotUsable"),
        ("a-", "NameNotUsable"),
        ("a\n", "NameNotUsable"),
    ],
)
def test_names_that_they_cannot(name: str, code: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        check_name(name)
    assert refused.value.problem.code == code
    assert "create it anew" in refused.value.problem.message


def test_objects_named_with_a_suffix_need_a_shorter_name() -> None:
    with pytest.raises(Unacceptable):
        check_name("a" * 45, longest=LONGEST_NAME - len("es-data-"))


@given(st.from_regex(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", fullmatch=True))
def test_a_name_that_passes_leaves_room_for_the_revision_in_a_label(name: str) -> None:
    try:
        check_name(name)
    except Unacceptable:
        return
    assert len(f"{name}-0123456789") <= LONGEST_LABEL


def test_an_owner_is_a_controller() -> None:
    assert owner_reference(
        Resource("data.triad.dev", "v1", "EtcdCluster", "etcdclusters"), Meta(name="a", uid="u")
    ) == {
        "apiVersion": "data.triad.dev/v1",
        "kind": "EtcdCluster",
        "name": "a",
        "uid": "u",
        "controller": True,
        "blockOwnerDeletion": True,
    }
