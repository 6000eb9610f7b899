"""elasticsearch.yml and the JVM's options, by version. What one version needs stops the boot of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.workload.quantity import to_bytes
from es_operator.api.v1 import NodeSet
from es_operator.layout import Group
from es_operator.observation import Observation
from es_operator.rules.bootstrap import initial_masters
from es_operator.versions import Version

LARGEST_HEAP = 31 * 1024**3  # bytes; above about 32 GiB the JVM gives up compressed pointers
OPERATORS_OWN = (
    "cluster.name", "cluster.initial_master_nodes", "node.name", "node.roles", "node.master", "node.data",
    "node.ingest", "node.attr.zone", "node.store.allow_mmap", "path.data", "http.port", "network.publish_host",
    "discovery.", "xpack.security.enabled",
)  # fmt: skip
"""Settings that follow from other fields; those that end in a dot stand for all below."""


def settings_of(seen: Observation, group: Group, version: Version) -> dict[str, Any]:
    """All lines of elasticsearch.yml for one group that stay the same while the cluster lives.

    What changes with its size or its age is in `passing_settings`: it must not make nodes restart.
    """
    zoned = any(g.zone for g in seen.layout.groups)
    settings: dict[str, Any] = {
        "cluster.name": seen.key.name,
        "node.name": "${POD_NAME}",
        "network.host": "0.0.0.0",  # noqa: S104 - inside the pod
        "network.publish_host": "${POD_IP}",
        "http.port": 9200,
        "path.data": seen.layout.data_path,
        **roles(version, group.node_set),
        **seeds(version, f"{seen.layout.discovery_service}.{seen.key.namespace}.svc"),
        **memory_mapping(version, seen.hub.allow_mmap),
        **security(version),
    }
    if group.zone:
        settings["node.attr.zone"] = group.zone
    if zoned:
        settings["cluster.routing.allocation.awareness.attributes"] = "zone"
    return {**settings, **flat(seen.hub.config), **flat(group.node_set.config)}


def passing_settings(seen: Observation, group: Group, version: Version) -> dict[str, Any]:
    """Lines that matter to a node that starts now, and never to one that runs."""
    if not group.node_set.master:
        return {}
    if not version.has_voting_configuration:
        return {"discovery.zen.minimum_master_nodes": quorum(len(seen.layout.masters))}
    masters = initial_masters(seen)
    return {"cluster.initial_master_nodes": list(masters)} if masters else {}


def quorum(masters: int) -> int:
    """The least number of masters that is a majority."""
    return masters // 2 + 1


def roles(version: Version, node_set: NodeSet) -> dict[str, Any]:
    """`node.roles` from 7.9 on, where node.master and the like are deprecated; from 8.0 on those stop the boot."""
    if version.has_node_roles:
        return {"node.roles": list(node_set.roles)}
    return {f"node.{role}": role in node_set.roles for role in ("master", "data", "ingest")}


def seeds(version: Version, host: str) -> dict[str, Any]:
    """Where a node finds others: all addresses of the discovery Service, read anew at each attempt.

    So nodes come and go without a setting being changed. From 8.0 on any discovery.zen.* setting stops the boot.
    """
    name = "discovery.seed_hosts" if version.has_voting_configuration else "discovery.zen.ping.unicast.hosts"
    return {name: [host]}


def memory_mapping(version: Version, allowed: bool) -> dict[str, Any]:
    """Without mmap no machine needs its vm.max_map_count raised, which takes a privileged container.

    The bootstrap check asks for 262144, from 8.16 on for 1048576, and is left out when mmap is.
    """
    if allowed:
        return {}
    return {"node.store.allow_mmap": False} if version >= Version(6, 7, 0) else {"index.store.type": "niofs"}


def security(version: Version) -> dict[str, Any]:
    """From 8.0 on security is on by default; images before, and all OSS ones, may not know the setting at all."""
    return {"xpack.security.enabled": False} if version.secures_itself else {}


def java_options(version: Version, node_set: NodeSet) -> str:
    """ES_JAVA_OPTS. Before 7.11 the JVM took 1 GiB whatever the limit was: half of the limit is the usual advice."""
    heap = node_set.heap
    if heap is None and not version.sizes_its_heap and "-Xmx" not in node_set.java_options:
        limit = node_set.resources.limits.get("memory")
        heap = f"{min(to_bytes(limit) // 2, LARGEST_HEAP) // 1024**2}m" if limit is not None else None
    sized = f"-Xms{heap} -Xmx{heap} " if heap else ""
    return f"{sized}{node_set.java_options}".strip()


def flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Settings by their full names: {"a": {"b": 1}} and {"a.b": 1} mean the same."""
    lines: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping):
            lines |= flat(value, f"{prefix}{name}.")
        else:
            lines[f"{prefix}{name}"] = value
    return lines


def own(setting: str) -> bool:
    """Whether a setting is the operator's to make."""
    return any(setting == name or (name.endswith(".") and setting.startswith(name)) for name in OPERATORS_OWN)
