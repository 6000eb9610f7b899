"""The objects of a cluster: what their fields mean to etcd, to its users and to Kubernetes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from etcd_operator.flags import arguments, health, milliseconds
from etcd_operator.references import secrets_of
from etcd_operator.versions import Version, parse
from tests.unit.etcd.world import applied, cluster, new, spec


def version(text: str) -> Version:
    found = parse(text)
    assert found is not None
    return found


def pod(**fields: Any) -> dict[str, Any]:
    template: dict[str, Any] = applied(new(**fields), "StatefulSet")["spec"]["template"]
    return template


def etcd(**fields: Any) -> dict[str, Any]:
    container: dict[str, Any] = next(c for c in pod(**fields)["spec"]["containers"] if c["name"] == "etcd")
    return container


def test_services_are_named_and_ported_as_clients_know_them() -> None:
    headless = applied(new(), "Service", ["db"])["spec"]
    client = applied(new(), "Service", ["db-client"])["spec"]
    assert (headless["clusterIP"], headless["publishNotReadyAddresses"]) == ("None", True)
    assert [p["port"] for p in headless["ports"]] == [2379, 2380]
    assert [p["port"] for p in client["ports"]] == [2379]
    assert "publishNotReadyAddresses" not in client
    for selector in (headless["selector"], client["selector"]):
        assert selector.items() <= pod()["metadata"]["labels"].items()
        assert {"app": "etcd", "etcd_cluster": "db"}.items() <= selector.items()


def test_members_are_known_by_names_never_by_addresses() -> None:
    flags = etcd()["args"]
    assert "--initial-advertise-peer-urls=http://$(POD_NAME).db.default.svc:2380" in flags
    assert "--initial-cluster-token=db-uid-of-db" in flags
    assert (
        "--initial-advertise-peer-urls=http://$(POD_NAME).db.default.svc.corp.example:2380"
        in etcd(clusterDomain="corp.example")["args"]
    )


def test_the_member_list_never_touches_the_pod_template() -> None:
    assert (
        applied(cluster("abc"), "StatefulSet")["spec"]["template"]
        == applied(cluster("abcde", learner="e", unstarted="e"), "StatefulSet")["spec"]["template"]
    )


def test_pods_meet_the_restricted_standard() -> None:
    context = pod()["spec"]["securityContext"]
    assert context["runAsNonRoot"]
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert etcd()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert pod()["spec"]["automountServiceAccountToken"] is False
    assert "sh" not in " ".join(etcd()["command"]).split("/")


def test_the_users_pod_template_is_merged_over() -> None:
    env = [{"name": "GOMAXPROCS", "value": "2"}]
    container = etcd(podTemplate={"spec": {"containers": [{"name": "etcd", "env": env}]}})
    assert [e["name"] for e in container["env"]] == [
        "POD_NAME", "ETCD_INITIAL_CLUSTER", "ETCD_INITIAL_CLUSTER_STATE", "GOMAXPROCS",
    ]  # fmt: skip


def test_a_member_never_runs_on_what_others_leave() -> None:
    assert etcd()["resources"] == {"requests": {"cpu": "100m", "memory": "128Mi"}}
    assert etcd(resources={"limits": {"cpu": "1"}})["resources"] == {"limits": {"cpu": "1"}}


def test_no_label_of_a_user_takes_a_pod_out_of_its_services() -> None:
    labels = pod(podTemplate={"metadata": {"labels": {"etcd_cluster": "other", "team": "a"}}})["metadata"]["labels"]
    assert (labels["etcd_cluster"], labels["team"]) == ("db", "a")


@pytest.mark.parametrize(("size", "spare"), [(1, 1), (2, 0), (3, 1), (4, 1), (5, 2), (7, 3)])
def test_evictions_leave_a_quorum(size: int, spare: int) -> None:
    assert applied(new(size=size), "PodDisruptionBudget")["spec"]["maxUnavailable"] == spare


def test_a_single_member_in_an_empty_dir_may_not_be_evicted() -> None:
    budget = applied(new(size=1, storage={"ephemeral": True}), "PodDisruptionBudget")["spec"]
    assert budget["maxUnavailable"] == 0
    assert "unhealthyPodEvictionPolicy" not in budget


def test_volumes_outlive_the_resource_unless_asked() -> None:
    policy = applied(new(), "StatefulSet")["spec"]["persistentVolumeClaimRetentionPolicy"]
    assert policy == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    deleted = applied(new(storage={"whenDeleted": "Delete"}), "StatefulSet")["spec"]
    assert deleted["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == "Delete"


def test_what_the_api_server_filled_in_is_no_difference() -> None:
    seen = cluster("abc")
    assert seen.stateful_set is not None
    made = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "8192Mi"}},
        "volumeMode": "Filesystem",
    }
    seen = msgspec.structs.replace(seen, stateful_set=msgspec.structs.replace(seen.stateful_set, claim_spec=made))
    claim = applied(seen, "StatefulSet")["spec"]["volumeClaimTemplates"][0]["spec"]
    assert claim == {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}}


def test_pod_monitors_only_where_they_are_served() -> None:
    assert applied(msgspec.structs.replace(new(), monitored=True), "PodMonitor")["spec"]["podMetricsEndpoints"]
    with pytest.raises(StopIteration):
        applied(new(), "PodMonitor")


@pytest.mark.parametrize(
    ("text", "port", "ready", "live"),
    [
        ("3.2.32", 2379, "/health", ""),
        ("3.3.27", 2381, "/health", ""),
        ("3.4.28", 2381, "/health", ""),
        ("3.4.29", 2381, "/readyz", "/livez"),
        ("3.5.10", 2381, "/health", ""),
        ("3.5.11", 2381, "/readyz", "/livez"),
        ("3.6.0", 2381, "/readyz", "/livez"),
        ("3.7.3", 2381, "/readyz", "/livez"),
    ],
)
def test_probes_follow_the_version(text: str, port: int, ready: str, live: str) -> None:
    found = health(version(text))
    assert (found.port, found.ready_path, found.live_path) == (port, ready, live)
    liveness = etcd(version=text)["livenessProbe"]
    assert ("httpGet" in liveness) == bool(live)


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("3.3.27", None),
        ("3.4.23", "--experimental-initial-corrupt-check=true"),
        ("3.5.35", "--experimental-initial-corrupt-check=true"),
        ("3.6.16", "--feature-gates=InitialCorruptCheck=true"),
        ("3.7.3", "--feature-gates=InitialCorruptCheck=true"),
    ],
)
def test_flags_follow_the_version(text: str, check: str | None) -> None:
    given = arguments(version(text), spec().etcd)
    assert [f for f in given if "orrupt" in f] == ([check] if check else [])


def test_options_become_flags_in_etcds_units() -> None:
    wish = spec(
        etcd={"quotaBackend": "8Gi", "heartbeatInterval": "250ms", "electionTimeout": "2.5s", "maxRequest": "1536Ki"}
    )
    given = arguments(version("3.6.16"), wish.etcd)
    assert {
        "--quota-backend-bytes=8589934592", "--heartbeat-interval=250", "--election-timeout=2500",
        "--max-request-bytes=1572864", "--auto-compaction-mode=periodic", "--auto-compaction-retention=1h",
    } <= set(given)  # fmt: skip


def test_a_setting_given_as_a_variable_is_left_to_the_user() -> None:
    given = arguments(version("3.6.16"), spec().etcd, frozenset({"ETCD_AUTO_COMPACTION_RETENTION"}))
    assert not any(f.startswith("--auto-compaction-retention") for f in given)


def test_durations() -> None:
    assert [milliseconds(d) for d in ("100ms", "1s", "1m30s", "1.5s", "1us")] == [100, 1000, 90000, 1500, 1]


def test_secrets_that_a_pod_cannot_start_without() -> None:
    spec_ = {
        "containers": [
            {
                "name": "etcd",
                "env": [
                    {"name": "A", "valueFrom": {"secretKeyRef": {"name": "needed", "key": "k"}}},
                    {"name": "B", "valueFrom": {"secretKeyRef": {"name": "maybe", "key": "k", "optional": True}}},
                ],
                "envFrom": [{"secretRef": {"name": "all"}}],
            }
        ],
        "volumes": [{"name": "v", "secret": {"secretName": "files"}}, {"name": "w", "emptyDir": {}}],
        "imagePullSecrets": [{"name": "registry"}],
    }
    assert secrets_of({"spec": spec_}) == ["needed", "all", "files"]
    assert secrets_of({"spec": {"containers": "nonsense", "volumes": [None, 3]}}) == []
