"""Which workloads a cluster is made of, and what everything is named: per resource type, as its users know them."""

from __future__ import annotations

import re
from collections import Counter
from typing import Literal

from msgspec import Struct

from common.control.operator import Key
from common.resources.kind import CustomResource
from common.workload import names
from es_operator.api import enterprises_v1
from es_operator.api.convert import CLIENT
from es_operator.api.v1 import ElasticsearchClusterSpec, NodeSet

OPERATOR = "es-operator"
APPLICATION = "elasticsearch"
GROUP_LABEL = "triad.dev/group"
MASTER_LABEL = "triad.dev/master-eligible"
SERVING_LABEL = "triad.dev/serves-clients"
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


class Group(Struct, frozen=True):
    """Nodes that one StatefulSet or Deployment runs: a node set, or the part of it in one zone."""

    name: str
    node_set: NodeSet
    zone: str | None
    count: int
    workload: Literal["StatefulSet", "Deployment"] = "StatefulSet"
    storage_class: str | None = None

    def node(self, ordinal: int) -> str:
        """The name of a node, which is its pod's."""
        return f"{self.name}-{ordinal}"

    @property
    def nodes(self) -> tuple[str, ...]:
        """The wanted nodes by name; those of a Deployment have no names of their own."""
        return tuple(self.node(i) for i in range(self.count)) if self.workload == "StatefulSet" else ()


class Layout(Struct, frozen=True, kw_only=True):
    """The workloads and the names of everything beside them."""

    groups: tuple[Group, ...]
    http_service: str
    discovery_service: str
    data_service: str | None = None
    config_map: str
    budget: str
    claim: str
    """Name of the claim template."""
    data_path: str
    user_labels: dict[str, str]
    """Labels that the users of this type rely on."""
    role_label: bool = False
    """Whether pods carry the label `role`."""
    zone_classes: bool = False
    """Whether a StorageClass named as each zone is wanted."""

    def group(self, name: str) -> Group | None:
        """The wanted group of this name."""
        return next((g for g in self.groups if g.name == name), None)

    @property
    def masters(self) -> tuple[str, ...]:
        """The wanted master-eligible nodes."""
        return tuple(node for g in self.groups if g.node_set.master for node in g.nodes)

    @property
    def nodes(self) -> tuple[str, ...]:
        """All wanted nodes that have names of their own."""
        return tuple(node for g in self.groups for node in g.nodes)

    @property
    def size(self) -> int:
        """The number of wanted nodes."""
        return sum(g.count for g in self.groups)

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones in the order in which they are named."""
        return tuple(dict.fromkeys(g.zone for g in self.groups if g.zone))


def layout_of(key: Key, resource: CustomResource, hub: ElasticsearchClusterSpec) -> Layout:
    """The layout of a resource, by its type."""
    if resource.kind.key == enterprises_v1.KIND.key:
        return _of_2017(key.name, resource.spec, hub)
    return _of_hub(key.name, hub)


def labels_of(key: Key, layout: Layout) -> dict[str, str]:
    """The labels of every object of a cluster."""
    return {**names.labels(OPERATOR, APPLICATION, key.kind, key.name), **layout.user_labels}


def shares(count: int, parts: int) -> list[int]:
    """`count` dealt out round robin: 4 over 3 is 2, 1, 1."""
    return [count // parts + (i < count % parts) for i in range(parts)]


def _of_hub(name: str, hub: ElasticsearchClusterSpec) -> Layout:
    groups: list[Group] = []
    for node_set in hub.node_sets:
        base = f"{name}-es-{node_set.name}"
        groups += _spread(base, node_set, list(node_set.zones), node_set.storage.storage_class_name)
    return Layout(
        groups=tuple(groups),
        http_service=f"{name}-es",
        discovery_service=f"{name}-es-discovery",
        config_map=f"{name}-es-config",
        budget=f"{name}-es",
        claim="data",
        data_path="/usr/share/elasticsearch/data",
        user_labels={},
    )


def _of_2017(name: str, old: enterprises_v1.ClusterSpec, hub: ElasticsearchClusterSpec) -> Layout:
    """Names as of 2017: es-data-<cluster>-<zone>, with the class or `default` where no zones are given."""
    groups: list[Group] = []
    own_class = old.storage.storage_class or None
    zone_classes = bool(old.storage.storage_class_provisioner and old.zones and own_class is None)
    for node_set in hub.node_sets:
        base = f"es-{node_set.name}-{name}"
        if node_set.name == CLIENT:
            groups.append(Group(base, node_set, None, node_set.count, "Deployment"))
        elif node_set.zones:
            groups += _spread(base, node_set, list(node_set.zones), own_class, zone_classes=zone_classes)
        else:
            suffix = _in_name(own_class or "default")
            groups.append(Group(f"{base}-{suffix}", node_set, None, node_set.count, storage_class=own_class))
    return Layout(
        groups=tuple(groups),
        http_service=f"elasticsearch-{name}",
        discovery_service=f"elasticsearch-discovery-{name}",
        data_service=f"es-data-svc-{name}",
        config_map=f"es-config-{name}",
        budget=f"elasticsearch-{name}",
        claim="es-data",
        data_path="/data",
        user_labels={"component": f"elasticsearch-{name}", "cluster": name},
        role_label=True,
        zone_classes=zone_classes,
    )


def _spread(
    base: str, node_set: NodeSet, zones: list[str], storage_class: str | None, *, zone_classes: bool = False
) -> list[Group]:
    if not zones:
        return [Group(base, node_set, None, node_set.count, storage_class=storage_class)]
    return [
        Group(
            f"{base}-{_in_name(zone)}", node_set, zone, count,
            storage_class=_in_name(zone) if zone_classes else storage_class,
        )
        for zone, count in zip(zones, shares(node_set.count, len(zones)), strict=True)
    ]  # fmt: skip


def _in_name(text: str) -> str:
    """Text as part of an object's name: zones are label values and may hold capitals, dots and underscores."""
    return _NOT_IN_NAMES.sub("-", text.lower()).strip("-")


def doubled(layout: Layout) -> str | None:
    """A name that two groups would share, such as those of the zones `a.b` and `a-b`."""
    name, times = Counter(g.name for g in layout.groups).most_common(1)[0] if layout.groups else ("", 0)
    return name if times > 1 else None
