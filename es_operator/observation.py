"""What is seen of one cluster at one moment, and the questions that rules ask about it."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from msgspec import Struct, field

from common.control.operator import Key
from common.kube.objects import Meta
from common.kube.resource import Resource
from es_operator.api.v1 import ElasticsearchClusterSpec
from es_operator.layout import Group, Layout
from es_operator.versions import Version

NO_CLUSTER = "_na_"
"""The UUID that a node gives before it has ever been in a cluster."""
ALLOCATION = "cluster.routing.allocation.enable"
EXCLUDED = "cluster.routing.allocation.exclude._name"
MINIMUM_MASTERS = "discovery.zen.minimum_master_nodes"
ROLE_LETTERS_OF_DATA = frozenset("dcfhsw")


class Record(Struct, frozen=True):
    """What the ConfigMap remembers: the one thing that must outlive the operator and may not be computed anew."""

    initial_masters: tuple[str, ...] = ()
    cluster_uuid: str = ""
    version: Version | None = None


class Workload(Struct, frozen=True):
    """A StatefulSet or Deployment that exists."""

    name: str
    uid: str
    resource_version: str
    replicas: int
    update_revision: str = ""
    """Empty until the StatefulSet controller has seen the newest template."""
    storage_size: str = ""
    storage_class: str | None = None
    kind: Literal["StatefulSet", "Deployment"] = "StatefulSet"

    def node(self, ordinal: int) -> str:
        """The name of a node, which is its pod's."""
        return f"{self.name}-{ordinal}"


class Pod(Struct, frozen=True):
    """A pod of the cluster."""

    name: str
    uid: str
    group: str
    revision: str
    ready: bool
    ip: str = ""
    leaving: bool = False
    ends: float = 0.0
    """When it will be killed if it has not ended by then, in seconds since the epoch; 0 unless it is leaving."""
    trouble: str = ""
    """Why it does not run: Unschedulable, ImagePullBackOff, CrashLoopBackOff, …; empty when it runs or just starts."""
    created: float = 0.0
    """Seconds since the epoch."""
    ready_since: float = 0.0
    """When it last became ready, or ceased to be, in seconds since the epoch."""

    @property
    def ordinal(self) -> int:
        """Its number in its StatefulSet."""
        return int(self.name.rpartition("-")[2])


class Claim(Struct, frozen=True):
    """A volume claim of the cluster."""

    name: str
    size: str
    bound: bool


class Node(Struct, frozen=True):
    """A node that has joined, as the elected master lists it."""

    name: str
    node_id: str
    roles: str
    """Letters, as _cat/nodes writes them."""
    elected: bool = False
    version: str = ""

    @property
    def master(self) -> bool:
        """Whether it may be elected."""
        return "m" in self.roles

    @property
    def data(self) -> bool:
        """Whether it holds shards."""
        return bool(ROLE_LETTERS_OF_DATA & set(self.roles))


class Health(Struct, frozen=True):
    """The cluster's health, as `_cluster/health` answers."""

    status: Literal["green", "yellow", "red"]
    number_of_nodes: int = 0
    number_of_data_nodes: int = 0
    active_shards: int = 0
    relocating_shards: int = 0
    initializing_shards: int = 0
    unassigned_shards: int = 0
    delayed_unassigned_shards: int = 0
    number_of_in_flight_fetch: int = 0

    @property
    def busy(self) -> bool:
        """Whether waiting can still make it better by itself."""
        return bool(
            self.relocating_shards
            or self.initializing_shards
            or self.delayed_unassigned_shards
            or self.number_of_in_flight_fetch
        )

    @property
    def settled(self) -> bool:
        """Green, or a yellow that waiting does not make better.

        A one-node cluster, or one with more replicas than nodes, never turns green; who waits for green waits for ever.
        Source: opensearch-k8s-operator #643, #1424, #1569.
        """
        return self.status == "green" or (self.status == "yellow" and not self.busy)


class Copy(Struct, frozen=True):
    """A copy of a shard."""

    index: str
    shard: str
    state: str
    node: str = ""
    primary: bool = False


class Disk(Struct, frozen=True):
    """The disk of a data node, in bytes."""

    node: str
    shards: int
    used_by_shards: int
    used: int
    total: int


class Cluster(Struct, frozen=True, kw_only=True):
    """What Elasticsearch itself answers."""

    uuid: str
    health: Health | None = None
    """None while no master is elected."""
    nodes: tuple[Node, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    """Dynamic settings, flat; transient ones win."""
    voting_exclusions: tuple[str, ...] = ()
    copies: tuple[Copy, ...] | None = None
    """Asked for only when a node is to go."""
    disks: tuple[Disk, ...] = ()
    explanation: str = ""
    """Why a shard cannot leave a draining node, as Elasticsearch explains it."""

    @property
    def formed(self) -> bool:
        """Whether there is an elected master."""
        return self.uuid not in ("", NO_CLUSTER) and self.health is not None

    def node(self, name: str) -> Node | None:
        """The joined node of this name."""
        return next((n for n in self.nodes if n.name == name), None)

    @property
    def excluded(self) -> frozenset[str]:
        """The nodes that shards are being moved away from."""
        return frozenset(filter(None, self.settings.get(EXCLUDED, "").split(",")))

    @property
    def allocation(self) -> str:
        """Which shards may be allocated: all, primaries, new_primaries or none."""
        return self.settings.get(ALLOCATION, "all")

    def copies_on(self, node: str) -> tuple[Copy, ...]:
        """The copies that a node holds."""
        return tuple(c for c in self.copies or () if c.node == node)


class Surroundings(Struct, frozen=True, kw_only=True):
    """What is seen of the Kubernetes around the cluster."""

    offline: bool = False
    """True under `plan`: nothing is known of it."""
    zones: frozenset[str] = frozenset()
    """Zones that a machine is labelled with."""
    csi_drivers: frozenset[str] = frozenset()
    storage_classes: frozenset[str] = frozenset()
    missing_secrets: tuple[str, ...] = ()


class Notes(Struct, frozen=True, kw_only=True):
    """What an older resource says that concerns nobody but the conditions, and how its StorageClasses shall be."""

    not_acted_on: tuple[str, ...] = ()
    plain_text_keys: tuple[str, ...] = ()
    provisioner: str = ""
    class_parameters: dict[str, str] = field(default_factory=dict)
    reclaim_policy: str = ""


class Observation(Struct, frozen=True, kw_only=True, dict=True):
    """One cluster at one moment."""

    key: Key
    resource: Resource
    meta: Meta
    hub: ElasticsearchClusterSpec
    layout: Layout
    version: Version | None
    reported_uuid: str = ""
    """The UUID that the resource's status holds."""
    record: Record | None = None
    workloads: tuple[Workload, ...] = ()
    pods: tuple[Pod, ...] = ()
    claims: tuple[Claim, ...] = ()
    cluster: Cluster | None = None
    """None when no node answered."""
    around: Surroundings = Surroundings()
    notes: Notes = Notes()
    now: float = 0.0
    """Seconds since the epoch."""

    def workload(self, name: str) -> Workload | None:
        """The existing workload of this name."""
        return next((w for w in self.workloads if w.name == name), None)

    def pod(self, name: str) -> Pod | None:
        """The pod of this name."""
        return next((p for p in self.pods if p.name == name), None)

    def live(self, group: Group) -> Workload | None:
        """The workload that runs a group now."""
        return self.workload(group.name)

    @property
    def cluster_uuid(self) -> str:
        """The cluster's identity, from whoever knows it; empty while it has never formed, as far as anybody knows."""
        live = self.cluster.uuid if self.cluster and self.cluster.uuid != NO_CLUSTER else ""
        return (self.record.cluster_uuid if self.record else "") or self.reported_uuid or live

    @cached_property
    def leaving(self) -> tuple[str, ...]:
        """Nodes that run and are no longer wanted, in the order in which they can go: highest ordinal first."""
        names: list[str] = []
        for workload in self.workloads:
            if workload.kind == "StatefulSet":
                group = self.layout.group(workload.name)
                wanted = group.count if group else 0
                names += [workload.node(i) for i in reversed(range(wanted, workload.replicas))]
        return tuple(names)

    @cached_property
    def joined(self) -> frozenset[str]:
        """The names of the nodes that have joined."""
        return frozenset(n.name for n in self.cluster.nodes) if self.cluster else frozenset()

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """Nodes that shall run, by their StatefulSets as they are, and have not joined."""
        expected = [w.node(i) for w in self.workloads if w.kind == "StatefulSet" for i in range(w.replicas)]
        return tuple(name for name in expected if name not in self.joined)

    @cached_property
    def outdated(self) -> tuple[Pod, ...]:
        """Pods made from an older template than their StatefulSet's newest, those that leave anyhow left out."""
        leaving = set(self.leaving)
        newest = {w.name: w.update_revision for w in self.workloads if w.kind == "StatefulSet"}
        return tuple(
            p
            for p in self.pods
            if p.name not in leaving and newest.get(p.group) and p.revision and p.revision != newest[p.group]
        )

    @property
    def masters_joined(self) -> tuple[str, ...]:
        """Master-eligible nodes that have joined."""
        return tuple(n.name for n in self.cluster.nodes if n.master) if self.cluster else ()

    @property
    def ready(self) -> int:
        """The number of ready pods."""
        return sum(p.ready for p in self.pods)
