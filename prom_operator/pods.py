"""The pods of a Prometheus: containers, volumes, probes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from common.workload.names import labels
from common.workload.pod import merged
from common.workload.security import container_security, pod_security
from common.workload.templates import Templates
from prom_operator import names
from prom_operator.api.v1 import KIND, PrometheusSpec
from prom_operator.arguments import DATABASE, arguments, route
from prom_operator.configuration.http_client import CERTIFICATES
from prom_operator.configuration.version import Version
from prom_operator.configuration.whole import QUERY_LOGS

RELOADER_IMAGE = "quay.io/prometheus-operator/prometheus-config-reloader:v0.85.0"
REPOSITORY = "quay.io/prometheus/prometheus"
RULES = "/etc/prometheus/rules"
USER, GROUP = 1000, 2000
"""Whom the servers run as where nothing is said; kube-prometheus' choice, so that their volumes stay readable."""
GRACE = 600  # seconds; prometheus-operator's figure
START_PERIOD = 3  # seconds between looks at a server that starts
LONGEST_START = 900  # seconds for the replay of the write-ahead log, where nothing is said
TEMPLATES = Templates("prom_operator")


def image(spec: PrometheusSpec) -> str:
    """The image to run; upstream's tags begin with a v."""
    if spec.image:
        return spec.image
    repository = spec.base_image or REPOSITORY
    if spec.sha:
        return f"{repository}@sha256:{spec.sha}"
    return f"{repository}:{spec.tag or 'v' + spec.version.removeprefix('v')}"


def template(
    name: str, spec: PrometheusSpec, version: Version, shard: int, rule_maps: Sequence[str], assets: Sequence[str]
) -> dict[str, Any]:
    """The pod template of a shard, with what the user wants changed in it."""
    folders = [f"{RULES}/{m}" for m in rule_maps]
    rule_mounts = [{"name": m, "mountPath": f} for m, f in zip(rule_maps, folders, strict=True)]
    generated = TEMPLATES.render(
        "pod",
        labels=_labels(name, version, shard),
        annotations={"kubectl.kubernetes.io/default-container": "prometheus"},
        service_account=spec.service_account_name,
        automount=spec.automount_service_account_token is not False,
        pod_security=spec.security_context or pod_security(USER, GROUP),
        container_security=container_security(),
        grace=GRACE if spec.termination_grace_period_seconds is None else spec.termination_grace_period_seconds,
        shard=str(shard),
        rule_folders=folders,
        reloader_image=RELOADER_IMAGE,
        reloader_host="127.0.0.1" if spec.listen_local else "",
        reloader_log=_reloader_log(spec),
        reloader_mounts=[*_RELOADER_MOUNTS, *rule_mounts],
        image=image(spec),
        pull_policy=spec.image_pull_policy or "IfNotPresent",
        arguments=arguments(spec, version),
        port=spec.port_name or "web",
        listen_local=spec.listen_local,
        route=route(spec),
        resources=spec.resources or {},
        **_probes(spec, version),
        mounts=[*_mounts(name, spec), *rule_mounts],
        volumes=_volumes(name, spec, rule_maps, assets),
    )
    return merged(generated, _users(spec))


_RELOADER_MOUNTS = (
    {"name": "config", "mountPath": "/etc/prometheus/config"},
    {"name": "config-out", "mountPath": "/etc/prometheus/config_out"},
)


def _labels(name: str, version: Version, shard: int) -> dict[str, str]:
    return {
        **labels(names.OPERATOR, names.APPLICATION, KIND.key, name),
        **names.pod_selector(name, shard),
        "app.kubernetes.io/version": str(version),
    }


def _users(spec: PrometheusSpec) -> dict[str, Any]:
    """What the user wants otherwise, as a patch of the template."""
    pod: dict[str, Any] = {
        "nodeSelector": spec.node_selector,
        "affinity": spec.affinity,
        "tolerations": spec.tolerations,
        "topologySpreadConstraints": spec.topology_spread_constraints,
        "priorityClassName": spec.priority_class_name,
        "hostAliases": spec.host_aliases,
        "imagePullSecrets": spec.image_pull_secrets,
        "volumes": spec.volumes,
        "containers": spec.containers,
        "initContainers": spec.init_containers,
        "dnsConfig": spec.dns_config,
        "dnsPolicy": spec.dns_policy or ("ClusterFirstWithHostNet" if spec.host_network else None),
        "hostNetwork": spec.host_network or None,
    }
    said: dict[str, Any] = {"spec": {k: v for k, v in pod.items() if v}}
    if spec.enable_service_links is not None:
        said["spec"]["enableServiceLinks"] = spec.enable_service_links
    meta = spec.pod_metadata
    said["metadata"] = {"labels": meta.labels, "annotations": meta.annotations}
    return said


def _reloader_log(spec: PrometheusSpec) -> list[str]:
    said = []
    if spec.log_level and spec.log_level != "info":
        said.append(f"--log-level={spec.log_level}")
    if spec.log_format and spec.log_format != "logfmt":
        said.append(f"--log-format={spec.log_format}")
    return said


def _probes(spec: PrometheusSpec, version: Version) -> dict[str, Any]:
    ready, healthy = (_handler(path, spec, version) for path in ("ready", "healthy"))
    longest = spec.maximum_startup_duration_seconds or LONGEST_START
    return {
        "startup_probe": {
            **ready, "timeoutSeconds": 3, "periodSeconds": START_PERIOD,
            "failureThreshold": -(-longest // START_PERIOD),
        },
        "liveness_probe": {**healthy, "timeoutSeconds": 3, "periodSeconds": 5, "failureThreshold": 6},
        "readiness_probe": {**ready, "timeoutSeconds": 3, "periodSeconds": 5, "failureThreshold": 3},
    }  # fmt: skip


def _handler(what: str, spec: PrometheusSpec, version: Version) -> dict[str, Any]:
    if not spec.listen_local:
        return {"httpGet": {"path": f"{route(spec)}/-/{what}", "port": spec.port_name or "web", "scheme": "HTTP"}}
    # Nothing outside the pod reaches it then; both tools are in upstream's image.
    url = f"http://localhost:9090{route(spec)}"
    if version >= (2, 37):
        return {"exec": {"command": ["/bin/promtool", "check", what, f"--url={url}"]}}
    return {"exec": {"command": ["wget", "-q", "-O", "/dev/null", f"{url}/-/{what}"]}}


def claim_name(name: str, spec: PrometheusSpec) -> str:
    """Name of the volume with the time series."""
    template_ = spec.storage.volume_claim_template if spec.storage is not None else None
    named = (template_ or {}).get("metadata")
    given = named.get("name") if isinstance(named, Mapping) else None
    return str(given) if given else names.database_volume(name)


def _mounts(name: str, spec: PrometheusSpec) -> list[dict[str, Any]]:
    database: dict[str, Any] = {"name": claim_name(name, spec), "mountPath": DATABASE}
    if spec.storage is not None and not spec.storage.disable_mount_sub_path:
        database["subPath"] = "prometheus-db"
    mounts = [
        {"name": "config-out", "mountPath": "/etc/prometheus/config_out", "readOnly": True},
        {"name": "tls-assets", "mountPath": CERTIFICATES, "readOnly": True},
        database,
        *spec.volume_mounts,
    ]
    mounts += [{"name": _volume("secret", s), "mountPath": f"/etc/prometheus/secrets/{s}", "readOnly": True}
               for s in spec.secrets]  # fmt: skip
    mounts += [{"name": _volume("configmap", c), "mountPath": f"/etc/prometheus/configmaps/{c}", "readOnly": True}
               for c in spec.config_maps]  # fmt: skip
    if _query_log_volume(spec):
        mounts.append({"name": "query-log-file", "mountPath": QUERY_LOGS})
    return mounts


def _volumes(name: str, spec: PrometheusSpec, rule_maps: Sequence[str], assets: Sequence[str]) -> list[dict[str, Any]]:
    volumes: list[dict[str, Any]] = [
        {"name": "config", "secret": {"secretName": names.config_secret(name)}},
        # Optional, so that it is there before the first monitor with TLS: that one restarts nothing.
        {"name": "tls-assets", "projected": {"sources": [{"secret": {"name": a, "optional": True}} for a in assets]}},
        # In memory: the file holds credentials.
        {"name": "config-out", "emptyDir": {"medium": "Memory"}},
        *({"name": m, "configMap": {"name": m}} for m in rule_maps),
        *({"name": _volume("secret", s), "secret": {"secretName": s}} for s in spec.secrets),
        *({"name": _volume("configmap", c), "configMap": {"name": c}} for c in spec.config_maps),
    ]
    storage = spec.storage
    if storage is None or storage.empty_dir is not None:
        volumes.append({"name": claim_name(name, spec), "emptyDir": (storage and storage.empty_dir) or {}})
    elif storage.ephemeral is not None:
        volumes.append({"name": claim_name(name, spec), "ephemeral": storage.ephemeral})
    if _query_log_volume(spec):
        volumes.append({"name": "query-log-file", "emptyDir": {}})
    return volumes


def _query_log_volume(spec: PrometheusSpec) -> bool:
    return bool(spec.query_log_file) and "/" not in spec.query_log_file


def _volume(prefix: str, name: str) -> str:
    """A volume's name: at most 63 characters, no dots."""
    return f"{prefix}-{name.replace('.', '-')}"[:63].rstrip("-")
