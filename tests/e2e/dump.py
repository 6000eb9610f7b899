"""What a person would want to see of a failed test, written down before its namespace goes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from kubernetes.client.exceptions import ApiException

from deploy.install.cluster import Cluster
from deploy.install.operators import Installation

OUT = Path(".out")
KINDS = (
    ("data.triad.dev/v1", "EtcdCluster"),
    ("data.triad.dev/v1", "ElasticsearchCluster"),
    ("etcd.coreos.com/v1beta1", "Cluster"),
    ("etcd.database.coreos.com/v1beta2", "EtcdCluster"),
    ("enterprises.upmc.com/v1", "ElasticsearchCluster"),
    ("monitoring.coreos.com/v1", "Prometheus"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "Deployment"),
    ("v1", "Pod"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "ConfigMap"),
)


def dump(cluster: Cluster, operators: Iterable[Installation], namespaces: Iterable[str], test: str) -> Path:
    """Objects, events and logs, under a folder named for the test. What cannot be had is passed over."""
    folder = OUT / re.sub(r"[^\w.-]+", "_", test)
    folder.mkdir(parents=True, exist_ok=True)
    for namespace in namespaces:
        for api_version, kind in KINDS:
            objects = _listed(cluster, api_version, kind, namespace)
            if objects:
                for found in objects:
                    found["metadata"].pop("managedFields", None)
                text = yaml.safe_dump_all(objects, sort_keys=False)
                (folder / f"{namespace}.{kind}.{api_version.partition('/')[0]}.yaml").write_text(text)
        (folder / f"{namespace}.events.txt").write_text(_events(cluster, namespace))
        for pod in _listed(cluster, "v1", "Pod", namespace):
            _log(cluster, namespace, pod["metadata"]["name"], folder)
    for operator in operators:
        for pod in operator.pods(cluster):
            _log(cluster, operator.namespace, pod["metadata"]["name"], folder)
    return folder


def _listed(cluster: Cluster, api_version: str, kind: str, namespace: str) -> list[dict[str, Any]]:
    try:
        return cluster.list_(api_version, kind, namespace)
    except ApiException:
        return []


def _events(cluster: Cluster, namespace: str) -> str:
    events = sorted(_listed(cluster, "v1", "Event", namespace), key=lambda e: str(e["metadata"]["creationTimestamp"]))
    return "\n".join(
        f"{e['metadata']['creationTimestamp']} {e['type']} {e['reason']} "
        f"{e['involvedObject'].get('kind')}/{e['involvedObject'].get('name')}: {e.get('message', '')}"
        for e in events
    )


def _log(cluster: Cluster, namespace: str, pod: str, folder: Path) -> None:
    try:
        text = cluster.logs(namespace, pod, lines=2000)
    except ApiException as error:
        text = f"no log: {error.reason}"
    (folder / f"{namespace}.{pod}.log").write_text(text)
