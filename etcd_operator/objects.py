"""The objects a cluster is made of, as they are wanted now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from common.resources.fields import Resources
from common.workload.budget import disruption_budget
from common.workload.names import labels, selector
from common.workload.owner import owner_reference
from common.workload.pod import merged
from common.workload.quantity import QuantityError, parse
from common.workload.security import container_security, pod_security
from common.workload.templates import Templates
from etcd_operator import flags
from etcd_operator.api.v1 import EtcdClusterSpec, Storage
from etcd_operator.observation import Observation
from etcd_operator.record import Record, written
from etcd_operator.versions import Version

OPERATOR = "etcd-operator"
APPLICATION = "etcd"
USER = 65532
"""The user that etcd runs as; its image asks for none."""
VERSION_NOTE = "triad.dev/etcd-version"
IMAGE_NOTE = "triad.dev/etcd-image"
"""Annotations of the StatefulSet: what its template runs, for when the resource asks for something it may not have."""
CLAIM = "data"
LEAST = Resources(requests={"cpu": "100m", "memory": "128Mi"})
"""Set aside for a member where the resource says nothing. Pods without any request share what others leave: on a busy
machine members then miss their heartbeats, and are restarted by their own probes."""
_TEMPLATES = Templates("etcd_operator")
Manifest = dict[str, Any]


def image_of(spec: EtcdClusterSpec, version: Version) -> str:
    """The image of a version; upstream's tags begin with a v."""
    return spec.image or f"{spec.repository}:v{version}"


def pod_labels(seen: Observation) -> dict[str, str]:
    """Labels of the pods: the common ones, and the two that users' own selectors have used since 2017."""
    return {**labels(OPERATOR, APPLICATION, seen.key.kind, seen.key.name), **_known(seen)}


def pod_selector(seen: Observation) -> dict[str, str]:
    """What selects them."""
    return {**selector(APPLICATION, seen.key.kind, seen.key.name), **_known(seen)}


def _known(seen: Observation) -> dict[str, str]:
    return {"app": APPLICATION, "etcd_cluster": seen.key.name}


def domain_of(key_name: str, namespace: str, cluster_domain: str | None) -> str:
    """Domain of the members' names; without a cluster domain the pods' search path completes it."""
    suffix = f".{cluster_domain.strip('.')}" if cluster_domain else ""
    return f"{key_name}.{namespace}.svc{suffix}"


def peer_url(seen: Observation, ordinal: int) -> str:
    """The URL that a member is known by to its peers: a name, since pods' addresses change."""
    domain = domain_of(seen.key.name, seen.key.namespace, seen.spec.cluster_domain)
    return f"http://{seen.pod_name(ordinal)}.{domain}:{flags.PEER_PORT}"


def claim_spec(storage: Storage) -> dict[str, Any]:
    """The claim of one member."""
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": storage.size}},
    }
    if storage.storage_class_name is not None:
        spec["storageClassName"] = storage.storage_class_name
    if storage.claim_spec is not None:
        return {"accessModes": ["ReadWriteOnce"], **storage.claim_spec}
    return spec


class Objects:
    """Builds the manifests of one cluster, each when it is asked for."""

    def __init__(self, seen: Observation, record: Record, replicas: int, version: Version, image: str) -> None:
        self._seen = seen
        self._record = record
        self._replicas = replicas
        self._version = version
        self._image = image
        self._shared: dict[str, Any] = {
            "name": seen.key.name,
            "namespace": seen.key.namespace,
            "labels": pod_labels(seen),
            "selector": pod_selector(seen),
            "owner": owner_reference(seen.resource, seen.meta),
        }

    def __iter__(self) -> Iterator[Manifest]:
        yield self.members()
        yield self.headless_service()
        yield self.client_service()
        yield self.budget()
        yield self.stateful_set()
        if self._seen.monitored:
            yield self.pod_monitor()

    def members(self) -> Manifest:
        """The ConfigMap that pods start by, and the record of their volumes."""
        return _TEMPLATES.render("members", **self._shared, data=written(self._record))

    def headless_service(self) -> Manifest:
        """Gives each member its name."""
        return _TEMPLATES.render("headless_service", **self._shared)

    def client_service(self) -> Manifest:
        """Where clients connect."""
        return _TEMPLATES.render("client_service", **self._shared)

    def budget(self) -> Manifest:
        """As many evictions as leave a quorum. A single member on a volume may move."""
        spare = (self._replicas - 1) // 2
        if self._replicas == 1 and not self._seen.ephemeral:
            spare = 1
        metadata = {
            "name": self._seen.key.name,
            "namespace": self._seen.key.namespace,
            "labels": self._shared["labels"],
            "ownerReferences": [self._shared["owner"]],
        }
        budget = disruption_budget(metadata, self._shared["selector"], spare)
        if self._seen.ephemeral:
            # A pod that is not ready still holds the only copy of its member's data.
            del budget["spec"]["unhealthyPodEvictionPolicy"]
        return budget

    def pod_monitor(self) -> Manifest:
        """Lets a Prometheus find the members."""
        port = "metrics" if flags.health(self._version).port == flags.METRICS_PORT else "client"
        return _TEMPLATES.render("pod_monitor", **self._shared, port=port)

    def stateful_set(self) -> Manifest:
        """The members."""
        storage = self._seen.spec.storage
        return _TEMPLATES.render(
            "stateful_set",
            **self._shared,
            annotations={VERSION_NOTE: str(self._version), IMAGE_NOTE: self._image},
            replicas=self._replicas,
            template=self._pod_template(),
            claim=None if self._seen.ephemeral else self._claim(),
            when_deleted=storage.when_deleted,
        )

    def _claim(self) -> dict[str, Any]:
        """A StatefulSet's claim templates can never be changed: one that asks for something else stays as it is."""
        wanted = claim_spec(self._seen.spec.storage)
        made = self._seen.stateful_set
        if made is None or made.claim_spec is None or covers(made.claim_spec, wanted):
            return wanted
        return made.claim_spec

    def _pod_template(self) -> dict[str, Any]:
        seen = self._seen
        user = seen.spec.pod_template
        generated = _TEMPLATES.render(
            "pod",
            **self._shared,
            image=self._image,
            domain=domain_of(seen.key.name, seen.key.namespace, seen.spec.cluster_domain),
            token=f"{seen.key.name}-{seen.meta.uid}",
            flags=flags.arguments(self._version, seen.spec.etcd, frozenset(environment(user))),
            health=flags.health(self._version),
            resources=seen.spec.resources if seen.spec.resources != Resources() else LEAST,
            pod_security=pod_security(USER),
            container_security=container_security(),
            ephemeral=seen.ephemeral,
        )
        return merged(generated, user)


def covers(present: Any, wanted: Any) -> bool:
    """All that is wanted is there; the API server fills in more. Amounts count by value: 1Gi is 1024Mi."""
    if isinstance(wanted, Mapping):
        return isinstance(present, Mapping) and all(covers(present.get(k), v) for k, v in wanted.items())
    if present == wanted:
        return True
    try:
        return parse(present) == parse(wanted)
    except QuantityError:
        return False


def environment(pod_template: Mapping[str, Any]) -> list[str]:
    """Names of the variables that the user gives to etcd's container."""
    spec = pod_template.get("spec")
    containers = spec.get("containers") if isinstance(spec, Mapping) else None
    names = []
    for container in containers if isinstance(containers, list) else []:
        if isinstance(container, Mapping) and container.get("name") == "etcd":
            for variable in container.get("env") or []:
                if isinstance(variable, Mapping) and isinstance(variable.get("name"), str):
                    names.append(variable["name"])
    return names
