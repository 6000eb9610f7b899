"""The objects that a cluster is made of, as they shall be now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from common.workload import names
from common.workload.budget import disruption_budget
from common.workload.owner import owner_reference
from common.workload.pod import merged
from common.workload.security import container_security, pod_security
from common.workload.templates import Templates
from es_operator.layout import (
    APPLICATION,
    GROUP_LABEL,
    MASTER_LABEL,
    OPERATOR,
    SERVING_LABEL,
    Group,
    labels_of,
)  # fmt: skip
from es_operator.observation import Observation
from es_operator.rules.bootstrap import initial_masters
from es_operator.rules.settings import java_options, passing_settings, settings_of
from es_operator.rules.size import replicas_now
from es_operator.rules.storage import class_of, zone_classes
from es_operator.versions import Version

TEMPLATES = Templates("es_operator")
DEFAULT_REPOSITORY = "docker.elastic.co/elasticsearch/elasticsearch"
USER, GROUP = 1000, 0  # of the official images: elasticsearch, in the group root
MASTERS_KEY, UUID_KEY, VERSION_KEY = "initial-master-nodes", "cluster-uuid", "version"


def metadata(seen: Observation, name: str, annotations: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The metadata of an owned object."""
    return {
        "name": name,
        "namespace": seen.key.namespace,
        "labels": labels_of(seen.key, seen.layout),
        **({"annotations": dict(annotations)} if annotations else {}),
        "ownerReferences": [owner_reference(seen.resource, seen.meta)],
    }


def selector(seen: Observation, **more: str) -> dict[str, str]:
    """Labels that select pods of this cluster."""
    return {**names.selector(APPLICATION, seen.key.kind, seen.key.name), **more}


def config_map(seen: Observation, version: Version) -> dict[str, Any]:
    """elasticsearch.yml of each group, and what has to be remembered."""
    data = {f"{g.name}.yml": _lines(_all_settings(seen, g, version)) for g in seen.layout.groups}
    masters = initial_masters(seen)
    if masters:
        data[MASTERS_KEY] = ",".join(masters)
    data[UUID_KEY] = seen.cluster_uuid
    data[VERSION_KEY] = str(version)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(seen, seen.layout.config_map), "data": data}


def services(seen: Observation) -> list[dict[str, Any]]:
    """For clients, for finding masters, and, with the names of 2017, for data nodes."""
    layout, service = seen.layout, seen.hub.service
    return TEMPLATES.render_all(
        "services",
        http_metadata=metadata(seen, layout.http_service, service.annotations),
        http_selector=_serving(seen),
        type=service.type,
        node_port=service.node_port,
        discovery_metadata=metadata(seen, layout.discovery_service),
        discovery_selector=selector(seen, **{MASTER_LABEL: "true"}),
        data_metadata=metadata(seen, layout.data_service) if layout.data_service else None,
        data_selector={**layout.user_labels, "role": "data"},
    )


def budget(seen: Observation) -> dict[str, Any]:
    """One pod at a time, and only while every shard has all its copies and every kind of node has more than one.

    One budget for all nodes: two that each allow one data node would together allow both copies of a shard.
    """
    green = seen.cluster is not None and seen.cluster.health is not None and seen.cluster.health.status == "green"
    masters = sum(g.count for g in seen.layout.groups if g.node_set.master)
    holders = sum(g.count for g in seen.layout.groups if g.node_set.data)
    return disruption_budget(
        metadata(seen, seen.layout.budget), selector(seen), int(green and masters > 1 and holders > 1)
    )


def workloads(seen: Observation, version: Version) -> Iterator[dict[str, Any]]:
    """The StatefulSets and Deployments of all wanted groups."""
    for group in seen.layout.groups:
        labels = _pod_labels(seen, group)
        common = {
            "metadata": metadata(seen, group.name),
            "replicas": replicas_now(seen, group),
            "selector": selector(seen, **{GROUP_LABEL: group.name}),
            "template": pod_template(seen, group, version, labels),
        }
        if group.workload == "Deployment":
            yield TEMPLATES.render("deployment", **common)
        else:
            yield TEMPLATES.render("stateful_set", **common, **_volumes(seen, group))


def storage_classes(seen: Observation) -> Iterator[dict[str, Any]]:
    """A class named as each zone, where an older resource names a provisioner; none that exists is touched."""
    for zone, name in zone_classes(seen):
        yield TEMPLATES.render(
            "storage_class",
            name=name,
            managed_by=OPERATOR,
            provisioner=seen.notes.provisioner,
            parameters=seen.notes.class_parameters,
            reclaim_policy=seen.notes.reclaim_policy or "Delete",
            zone=zone,
        )


def pod_template(seen: Observation, group: Group, version: Version, labels: dict[str, str]) -> dict[str, Any]:
    """The pods of a group, with the user's podTemplate merged over."""
    hub, node_set, layout = seen.hub, group.node_set, seen.layout
    generated = TEMPLATES.render(
        "pod",
        labels=labels,
        config_hash=_hash(settings_of(seen, group, version)),
        pod_security=pod_security(USER, GROUP),
        container_security=container_security(read_only_root=False),  # the keystore is made beside elasticsearch.yml
        service_account=hub.service_account_name,
        pull_secrets=[{"name": name} for name in hub.image_pull_secrets],
        pull_policy=hub.image_pull_policy,
        cluster_selector=selector(seen),
        zone=group.zone,
        zone_required=node_set.zone_placement == "Required",
        image=hub.image or f"{DEFAULT_REPOSITORY}:{version}",
        java_options=java_options(version, node_set),
        resources=node_set.resources,
        config_map=layout.config_map,
        config_key=f"{group.name}.yml",
        data_volume=layout.claim,
        data_path=layout.data_path,
        ephemeral=group.workload == "Deployment",
    )
    return merged(generated, node_set.pod_template)


def _volumes(seen: Observation, group: Group) -> dict[str, Any]:
    """What cannot be changed once the StatefulSet exists stays as it is there."""
    live, storage = seen.live(group), group.node_set.storage
    serves_data = seen.layout.data_service and group.node_set.data
    return {
        "service": seen.layout.data_service if serves_data else seen.layout.discovery_service,
        "claim": seen.layout.claim,
        "claim_labels": {**labels_of(seen.key, seen.layout), GROUP_LABEL: group.name},
        "storage_size": live.storage_size if live and live.storage_size else storage.size,
        "storage_class": live.storage_class if live else class_of(seen, group),
        "when_scaled": storage.when_scaled_down,
        "when_deleted": storage.when_deleted,
    }


def _pod_labels(seen: Observation, group: Group) -> dict[str, str]:
    roles = group.node_set.roles
    labels = {**labels_of(seen.key, seen.layout), GROUP_LABEL: group.name}
    if group.node_set.master:
        labels[MASTER_LABEL] = "true"
    if set(roles) - {"master", "voting_only"} or not roles:
        labels[SERVING_LABEL] = "true"
    if seen.layout.role_label:
        labels["role"] = group.node_set.name
    return labels


def _serving(seen: Observation) -> dict[str, str]:
    """Whom clients talk to: coordinating-only nodes where there are any, else all but dedicated masters."""
    layout = seen.layout
    if layout.role_label:
        clients = any(g.count for g in layout.groups if not g.node_set.roles)
        return {"component": layout.user_labels["component"], "role": "client" if clients else "data"}
    return selector(seen, **{SERVING_LABEL: "true"})


def _all_settings(seen: Observation, group: Group, version: Version) -> dict[str, Any]:
    return {**settings_of(seen, group, version), **passing_settings(seen, group, version)}


def _lines(settings: Mapping[str, Any]) -> str:
    """elasticsearch.yml; JSON values are YAML, so nothing that a user writes can break out of its line."""
    return "".join(f"{name}: {msgspec.json.encode(value).decode()}\n" for name, value in settings.items())


def _hash(settings: Mapping[str, Any]) -> str:
    return hashlib.sha256(_lines(settings).encode()).hexdigest()[:16]
