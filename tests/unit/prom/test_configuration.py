"""The whole file: its order, what comes from the Prometheus itself, and what stays the same."""

import gzip
from typing import Any

import pytest

from tests.unit.prom.worlds import (
    EVERYTHING,
    Cluster,
    configured,
    left_out,
    one,
    pod_monitor,
    prometheus,
    refusal,
    rules,
    service_monitor,
    text_of,
)


def test_the_order_of_sections() -> None:
    spec = {
        "tsdb": {"outOfOrderTimeWindow": "10m"},
        "alerting": {"alertmanagers": [{"name": "am", "port": "web"}]},
        "remoteWrite": [{"url": "http://w/api"}],
        "remoteRead": [{"url": "http://r/api"}],
        "runtime": {"goGC": 50},
    }
    assert list(configured(rules("r", {"record": "a", "expr": "1"}), service_monitor(), **spec)) == [
        "global",
        "runtime",
        "rule_files",
        "scrape_configs",
        "storage",
        "alerting",
        "remote_write",
        "remote_read",
    ]


def test_jobs_are_sorted_by_kind_namespace_and_name() -> None:
    cluster = Cluster(
        prometheus(**EVERYTHING),
        pod_monitor("a", namespace="a"),
        service_monitor("z", namespace="a"),
        service_monitor("a", namespace="b"),
        service_monitor("b", [{"port": "x"}, {"port": "y"}], namespace="a"),
        namespaces={"default": {}, "a": {}, "b": {}},
    )
    text = text_of(cluster.plan())
    assert [line.split()[-1] for line in text.splitlines() if "job_name:" in line] == [
        "serviceMonitor/a/b/0",
        "serviceMonitor/a/b/1",
        "serviceMonitor/a/z/0",
        "serviceMonitor/b/a/0",
        "podMonitor/a/a/0",
    ]


def test_nothing_is_selected_by_absent_selectors() -> None:
    cluster = Cluster(prometheus(), service_monitor(), pod_monitor(), rules("r", {"record": "a", "expr": "1"}))
    assert "scrape_configs: []" in text_of(cluster.plan())


@pytest.mark.parametrize(
    ("spec", "labels"),
    [
        ({}, {"prometheus": "default/p", "prometheus_replica": "$(POD_NAME)"}),
        (
            {"externalLabels": {"z": "1", "a": "2"}},
            {"a": "2", "prometheus": "default/p", "prometheus_replica": "$(POD_NAME)", "z": "1"},
        ),
        ({"replicaExternalLabelName": "", "prometheusExternalLabelName": ""}, {}),
        ({"replicaExternalLabelName": "r", "prometheusExternalLabelName": "p"}, {"p": "default/p", "r": "$(POD_NAME)"}),
    ],
)
def test_external_labels(spec: dict[str, Any], labels: dict[str, str]) -> None:
    assert configured(**spec)["global"]["external_labels"] == labels


def test_global_limits() -> None:
    said = configured(sampleLimit=10, enforcedSampleLimit=5, enforcedBodySizeLimit="1MB", keepDroppedTargets=3)[
        "global"
    ]
    assert (said["sample_limit"], said["body_size_limit"], said["keep_dropped_targets"]) == (5, "1MB", 3)
    assert "sample_limit" not in configured(sampleLimit=10, version="v2.44.0")["global"]


def test_alertmanagers() -> None:
    alerting = {
        "alertmanagers": [{"namespace": "m", "name": "am", "port": "web", "apiVersion": "v2", "pathPrefix": "/a"}]
    }
    said = configured(alerting=alerting)["alerting"]
    assert said["alert_relabel_configs"] == [{"action": "labeldrop", "regex": "prometheus_replica"}]
    (manager,) = said["alertmanagers"]
    assert manager["path_prefix"] == "/a"
    assert manager["api_version"] == "v2"
    assert manager["kubernetes_sd_configs"] == [{"role": "endpoints", "namespaces": {"names": ["m"]}}]
    assert [s["regex"] for s in manager["relabel_configs"]] == ["am", "web"]


def test_the_first_api_of_alertmanager_is_gone_in_3() -> None:
    alerting = {"alertmanagers": [{"name": "am", "port": 9093, "apiVersion": "v1"}]}
    assert "api_version" not in configured(alerting=alerting)["alerting"]["alertmanagers"][0]
    assert configured(alerting=alerting, version="v2.50.0")["alerting"]["alertmanagers"][0]["api_version"] == "v1"


def test_remote_write() -> None:
    write = {
        "url": "https://w/push",
        "name": "n",
        "headers": {"b": "1", "a": "2"},
        "sendExemplars": True,
        "writeRelabelConfigs": [{"action": "drop", "regex": "x", "sourceLabels": ["a"]}],
        "queueConfig": {"maxShards": 5, "retryOnRateLimit": True},
        "metadataConfig": {"send": False},
    }
    assert configured(remoteWrite=[write])["remote_write"] == [
        {
            "url": "https://w/push",
            "remote_timeout": "30s",
            "headers": {"a": "2", "b": "1"},
            "name": "n",
            "send_exemplars": True,
            "write_relabel_configs": [{"source_labels": ["a"], "regex": "x", "action": "drop"}],
            "queue_config": {"max_shards": 5, "retry_on_http_429": True},
            "metadata_config": {"send": False},
        }
    ]


def test_the_same_world_gives_the_same_bytes() -> None:
    def made() -> Any:
        cluster = Cluster(prometheus(**EVERYTHING), service_monitor("a"), service_monitor("b"), pod_monitor())
        return one(cluster.plan(), "Secret", "prometheus-p")["data"]

    assert made() == made()


def test_a_second_look_applies_the_same_objects() -> None:
    cluster = Cluster(prometheus(**EVERYTHING), service_monitor(), rules("r", {"record": "a", "expr": "1"}))
    first = cluster.settle()
    second = cluster.plan()
    assert [s.action for s in first.steps] == [s.action for s in second.steps]


def test_shards_share_one_configuration() -> None:
    cluster = Cluster(prometheus(**EVERYTHING, shards=3), service_monitor())
    plan = cluster.plan()
    assert "modulus: 3" in text_of(plan)
    for shard in ("", "-shard-1", "-shard-2"):
        assert one(plan, "StatefulSet", f"prometheus-p{shard}")


def test_one_wrong_monitor_keeps_nothing_else_out() -> None:
    cluster = Cluster(
        prometheus(**EVERYTHING), service_monitor("a"), service_monitor("b", [{"port": "("}]), service_monitor("c")
    )
    assert text_of(cluster.plan()).count("job_name:") == 2


def test_many_wrong_monitors_are_counted() -> None:
    message = left_out(*(service_monitor(f"m{i}", [{"port": "("}]) for i in range(7)))
    assert message.startswith("InvalidRelabeling: left out: ServiceMonitor default/m0: ")
    assert message.endswith("; and 2 more")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"version": "latest"}, "InvalidSpec: spec.version: 'latest'"),
        ({"version": "v1.8.0"}, "UnsupportedVersion"),
        ({"version": "v4.0.0"}, "UnsupportedVersion"),
        ({"scrapeTimeout": "1m"}, "InvalidSpec: spec.scrapeTimeout 1m is longer"),
        ({"scrapeInterval": "0s"}, "InvalidSpec: spec.scrapeInterval"),
        ({"retentionSize": "10"}, "InvalidSpec: spec.retentionSize"),
        ({"replicas": -1}, "InvalidSpec: spec.replicas"),
        ({"replicas": "two"}, "InvalidSpec: spec.replicas"),
        ({"externalLabels": {"a": "$(HOME)"}}, "UnknownVariable"),
        ({"remoteWrite": [{"url": "nonsense"}]}, "InvalidURL: spec.remoteWrite[0].url"),
        ({"additionalArgs": [{"name": "config.file", "value": "/x"}]}, "ArgumentTaken"),
        ({"storage": {"volumeClaimTemplate": {"spec": {}}}}, "storage: Required"),
        (
            {"storage": {"volumeClaimTemplate": {"spec": {"resources": {"requests": {"storage": "much"}}}}}},
            "InvalidSpec",
        ),
    ],
)
def test_a_wrong_prometheus_is_refused(spec: dict[str, Any], said: str) -> None:
    assert said in refusal(**spec)


def test_a_variable_of_the_reloader_may_be_used() -> None:
    containers = [{"name": "config-reloader", "env": [{"name": "REGION", "value": "eu"}]}]
    assert refusal(externalLabels={"a": "$(REGION)"}, containers=containers) == ""


def test_the_secret_is_small() -> None:
    cluster = Cluster(prometheus(**EVERYTHING), *(service_monitor(f"m{i}") for i in range(500)))
    text = text_of(cluster.plan()).encode()
    assert len(gzip.compress(text)) < len(text) / 50
