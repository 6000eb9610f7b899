from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.workload.pod import merged

OURS: dict[str, Any] = {
    "metadata": {"labels": {"app": "etcd"}, "annotations": {"a": "ours"}},
    "spec": {
        "securityContext": {"runAsNonRoot": True, "fsGroup": 1000},
        "terminationGracePeriodSeconds": 60,
        "tolerations": [{"key": "ours"}],
        "containers": [
            {
                "name": "etcd",
                "image": "etcd:1",
                "args": ["--a", "--b"],
                "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                "ports": [{"name": "client", "containerPort": 2379}],
                "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                "resources": {"requests": {"cpu": "1", "memory": "1Gi"}},
                "readinessProbe": {"httpGet": {"path": "/health", "port": 2381}, "periodSeconds": 5},
            }
        ],
        "volumes": [{"name": "config", "configMap": {"name": "c"}}],
        "topologySpreadConstraints": [{"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1}],
    },
}


def pod(**spec: Any) -> dict[str, Any]:
    return dict(merged(OURS, {"spec": spec})["spec"])


def container(**fields: Any) -> dict[str, Any]:
    return dict(pod(containers=[{"name": "etcd", **fields}])["containers"][0])


@pytest.mark.parametrize("nothing", [None, {}, {"spec": {}}, {"metadata": {}}, {"spec": {"containers": []}}])
def test_nothing_changes_nothing(nothing: dict[str, Any] | None) -> None:
    assert merged(OURS, nothing) == OURS


def test_maps_are_merged() -> None:
    assert pod(securityContext={"fsGroup": 5})["securityContext"] == {"runAsNonRoot": True, "fsGroup": 5}
    assert container(resources={"requests": {"cpu": "2"}})["resources"] == {"requests": {"cpu": "2", "memory": "1Gi"}}


def test_a_container_is_found_by_its_name() -> None:
    containers = pod(containers=[{"name": "sidecar", "image": "s"}, {"name": "etcd", "image": "etcd:2"}])["containers"]
    assert [c["name"] for c in containers] == ["etcd", "sidecar"]
    assert containers[0]["image"] == "etcd:2"
    assert containers[0]["args"] == ["--a", "--b"]


def test_null_takes_a_field_away() -> None:
    assert "image" not in container(image=None)
    assert "terminationGracePeriodSeconds" not in pod(terminationGracePeriodSeconds=None)
    assert "securityContext" not in pod(securityContext={"$patch": "delete"})
    assert pod(nodeSelector={"a": None})["nodeSelector"] == {}


@pytest.mark.parametrize(
    ("field", "theirs", "outcome"),
    [
        ("args", ["--c"], ["--c"]),
        ("env", [{"name": "B", "value": "3"}, {"name": "C"}],
         [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}, {"name": "C"}]),
        ("env", [{"name": "A", "valueFrom": {"fieldRef": {}}}],
         [{"name": "A", "valueFrom": {"fieldRef": {}}}, {"name": "B", "value": "2"}]),
        ("env", [{"name": "A", "$patch": "delete"}], [{"name": "B", "value": "2"}]),
        ("ports", [{"containerPort": 2379, "protocol": "TCP", "hostPort": 1}],
         [{"name": "client", "containerPort": 2379, "protocol": "TCP", "hostPort": 1}]),
        ("ports", [{"containerPort": 2379, "protocol": "UDP"}],
         [{"name": "client", "containerPort": 2379}, {"containerPort": 2379, "protocol": "UDP"}]),
        ("volumeMounts", [{"name": "other", "mountPath": "/data"}], [{"name": "other", "mountPath": "/data"}]),
        ("readinessProbe", {"tcpSocket": {"port": 1}}, {"tcpSocket": {"port": 1}, "periodSeconds": 5}),
        ("readinessProbe", {"periodSeconds": 1}, {"httpGet": {"path": "/health", "port": 2381}, "periodSeconds": 1}),
        ("readinessProbe", {"$patch": "replace", "exec": {}}, {"exec": {}}),
    ],
)  # fmt: skip
def test_within_a_container(field: str, theirs: Any, outcome: Any) -> None:
    assert container(**{field: theirs})[field] == outcome


@pytest.mark.parametrize(
    ("field", "theirs", "outcome"),
    [
        ("tolerations", [{"key": "theirs"}], [{"key": "theirs"}]),
        ("volumes", [{"name": "config", "emptyDir": {}}], [{"name": "config", "emptyDir": {}}]),
        ("volumes", [{"name": "config", "configMap": {"optional": True}}],
         [{"name": "config", "configMap": {"name": "c", "optional": True}}]),
        ("volumes", [{"$patch": "replace"}, {"name": "v"}], [{"name": "v"}]),
        ("imagePullSecrets", [{"name": "s"}], [{"name": "s"}]),
        ("hostAliases", [{"ip": "::1", "hostnames": ["a"]}], [{"ip": "::1", "hostnames": ["a"]}]),
        ("topologySpreadConstraints",
         [{"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 2},
          {"topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}],
         [{"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 2},
          {"topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}]),
    ],
)  # fmt: skip
def test_within_a_pod(field: str, theirs: Any, outcome: Any) -> None:
    assert pod(**{field: theirs})[field] == outcome


@pytest.mark.parametrize("labels", [{"app": "mine", "b": "c"}, {"app": None, "b": "c"}])
def test_labels_that_selectors_rest_on_stay(labels: dict[str, Any]) -> None:
    outcome = merged(OURS, {"metadata": {"labels": labels, "annotations": {"a": "theirs"}}})
    assert outcome["metadata"] == {"labels": {"app": "etcd", "b": "c"}, "annotations": {"a": "theirs"}}


@pytest.mark.parametrize("metadata", [None, "x", [], {"labels": None}, {"labels": "x"}])
def test_labels_stay_whatever_is_written_there(metadata: Any) -> None:
    assert merged(OURS, {"metadata": metadata})["metadata"]["labels"] == {"app": "etcd"}


@pytest.mark.parametrize("containers", ["x", [5], [{"image": "i"}], [{"name": {"a": 1}}], [None]])
def test_what_makes_no_sense_is_left_to_the_api_server(containers: Any) -> None:
    written = pod(containers=containers)["containers"]
    assert written == containers or written[-1] == containers[-1]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["spec", "metadata", "labels", "containers", "name", "env", "volumes", "$patch"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["spec", "metadata"]), json_values))
def test_nothing_that_a_user_writes_raises_or_is_shared(user: dict[str, Any]) -> None:
    ours, theirs = copy.deepcopy(OURS), copy.deepcopy(user)
    once = merged(OURS, user)
    assert (ours, theirs) == (OURS, user)
    assert once["metadata"]["labels"].items() >= OURS["metadata"]["labels"].items()
