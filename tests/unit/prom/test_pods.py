from typing import Any

import pytest

from tests.unit.prom.worlds import Cluster, one, prometheus


def template(**spec: Any) -> dict[str, Any]:
    found = one(Cluster(prometheus(**spec)).plan(), "StatefulSet", "prometheus-p")["spec"]["template"]
    assert isinstance(found, dict)
    return found


def container(name: str = "prometheus", **spec: Any) -> dict[str, Any]:
    pod = template(**spec)["spec"]
    found = next(c for c in pod["containers"] + pod["initContainers"] if c["name"] == name)
    assert isinstance(found, dict)
    return found


def arguments(**spec: Any) -> list[str]:
    return list(container(**spec)["args"])


@pytest.mark.parametrize(
    ("spec", "image"),
    [
        ({}, "quay.io/prometheus/prometheus:v3.5.0"),
        ({"version": "2.53.1"}, "quay.io/prometheus/prometheus:v2.53.1"),
        ({"image": "mine:1"}, "mine:1"),
        ({"baseImage": "mine", "tag": "x"}, "mine:x"),
        ({"baseImage": "mine", "sha": "abc"}, "mine@sha256:abc"),
    ],
)
def test_images(spec: dict[str, Any], image: str) -> None:
    assert container(**spec)["image"] == image


@pytest.mark.parametrize(
    ("spec", "argument"),
    [
        ({}, "--storage.tsdb.retention.time=24h"),
        ({"retention": "6h"}, "--storage.tsdb.retention.time=6h"),
        ({"retentionSize": "1GB"}, "--storage.tsdb.retention.size=1GB"),
        ({}, "--web.route-prefix=/"),
        ({"routePrefix": "/p/"}, "--web.route-prefix=/p"),
        ({"externalUrl": "http://x"}, "--web.external-url=http://x"),
        ({"enableAdminAPI": True}, "--web.enable-admin-api"),
        ({"enableRemoteWriteReceiver": True}, "--web.enable-remote-write-receiver"),
        ({"enableOTLPReceiver": True}, "--web.enable-otlp-receiver"),
        ({"enableOTLPReceiver": True, "version": "v2.50.0"}, "--enable-feature=otlp-write-receiver"),
        ({"walCompression": False}, "--no-storage.tsdb.wal-compression"),
        ({"logLevel": "debug"}, "--log.level=debug"),
        ({"listenLocal": True}, "--web.listen-address=127.0.0.1:9090"),
        ({"query": {"maxSamples": 5}}, "--query.max-samples=5"),
        ({"version": "v2.50.0"}, "--web.console.libraries=/etc/prometheus/console_libraries"),
        ({"additionalArgs": [{"name": "x.y", "value": "z"}]}, "--x.y=z"),
        ({"disableCompaction": True}, "--storage.tsdb.max-block-duration=2h"),
    ],
)
def test_arguments(spec: dict[str, Any], argument: str) -> None:
    assert argument in arguments(**spec)


def test_retention_by_size_alone() -> None:
    assert not [a for a in arguments(retentionSize="1GB") if "retention.time" in a]


def test_consoles_are_gone_in_3() -> None:
    assert not [a for a in arguments() if "console" in a]


def test_the_reloader() -> None:
    assert container("config-reloader", routePrefix="/p")["args"] == [
        "--listen-address=:8080",
        "--retry-interval=1s",
        "--watch-interval=10s",
        "--watched-dir=/etc/prometheus/config",
        "--reload-url=http://localhost:9090/p/-/reload",
        "--config-file=/etc/prometheus/config/prometheus.yaml.gz",
        "--config-envsubst-file=/etc/prometheus/config_out/prometheus.env.yaml",
    ]
    assert "--watch-interval=0" in container("init-config-reloader")["args"]


def test_the_shard_is_a_variable() -> None:
    plan = Cluster(prometheus(shards=2)).plan()
    pod = one(plan, "StatefulSet", "prometheus-p-shard-1")["spec"]["template"]["spec"]
    assert all({"name": "SHARD", "value": "1"} in c["env"] for c in (pod["initContainers"][0], pod["containers"][1]))


def test_the_selector_is_that_of_prometheus_operator() -> None:
    spec = one(Cluster(prometheus()).plan(), "StatefulSet", "prometheus-p")["spec"]
    assert spec["selector"]["matchLabels"] == {
        "app.kubernetes.io/name": "prometheus",
        "app.kubernetes.io/managed-by": "prometheus-operator",
        "app.kubernetes.io/instance": "p",
        "prometheus": "p",
        "operator.prometheus.io/shard": "0",
        "operator.prometheus.io/name": "p",
    }
    assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()


def test_labels_of_the_user_never_replace_ours() -> None:
    meta = {"labels": {"app.kubernetes.io/instance": "other", "team": "a"}, "annotations": {"x": "y"}}
    metadata = template(podMetadata=meta)["metadata"]
    assert (metadata["labels"]["app.kubernetes.io/instance"], metadata["labels"]["team"]) == ("p", "a")
    assert metadata["annotations"]["x"] == "y"


def test_containers_are_merged_by_name() -> None:
    pod = template(
        containers=[{"name": "prometheus", "env": [{"name": "A", "value": "b"}]}, {"name": "proxy", "image": "p:1"}]
    )["spec"]
    assert [c["name"] for c in pod["containers"]] == ["prometheus", "config-reloader", "proxy"]
    assert pod["containers"][0]["env"] == [{"name": "A", "value": "b"}]
    assert pod["containers"][0]["image"].startswith("quay.io")


def test_restricted_by_default_and_as_the_user_says_otherwise() -> None:
    pod = template()["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert all(c["securityContext"]["readOnlyRootFilesystem"] for c in pod["containers"] + pod["initContainers"])
    assert template(securityContext={"runAsUser": 5})["spec"]["securityContext"] == {"runAsUser": 5}


def test_storage() -> None:
    assert {"name": "prometheus-p-db", "emptyDir": {}} in template()["spec"]["volumes"]
    sized = template(storage={"emptyDir": {"sizeLimit": "1Gi"}})["spec"]["volumes"]
    assert {"name": "prometheus-p-db", "emptyDir": {"sizeLimit": "1Gi"}} in sized
    claim = {"metadata": {"name": "mine"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}
    stateful_set = one(
        Cluster(prometheus(storage={"volumeClaimTemplate": claim})).plan(), "StatefulSet", "prometheus-p"
    )
    (made,) = stateful_set["spec"]["volumeClaimTemplates"]
    assert made["metadata"] == {"name": "mine"}
    assert made["spec"] == {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    mounts = stateful_set["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    assert {"name": "mine", "mountPath": "/prometheus", "subPath": "prometheus-db"} in mounts


def test_secrets_and_config_maps_are_mounted() -> None:
    pod = template(secrets=["a.b"], configMaps=["c"])["spec"]
    mounts = {m["mountPath"]: m["name"] for m in pod["containers"][0]["volumeMounts"]}
    assert mounts["/etc/prometheus/secrets/a.b"] == "secret-a-b"
    assert mounts["/etc/prometheus/configmaps/c"] == "configmap-c"
    assert {"name": "secret-a-b", "secret": {"secretName": "a.b"}} in pod["volumes"]


def test_probes() -> None:
    http = container(routePrefix="/p", portName="http")
    assert http["readinessProbe"]["httpGet"] == {"path": "/p/-/ready", "port": "http", "scheme": "HTTP"}
    assert http["startupProbe"]["periodSeconds"] * http["startupProbe"]["failureThreshold"] == 900
    local = container(listenLocal=True)
    assert local["livenessProbe"]["exec"]["command"][:3] == ["/bin/promtool", "check", "healthy"]
    assert "ports" not in local
