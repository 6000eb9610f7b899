"""data.triad.dev/v1 ElasticsearchCluster: the hub type."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from common.kube.resource import Resource
from common.resources.fields import (
    Conditions,
    Embedded,
    Image,
    ObjectName,
    Quantity,
    Resources,
    Text,
    doc,
    keyed,
    matching,
)  # fmt: skip
from common.resources.kind import AGE, Column, CustomResource, Kind, Rule

Role = Literal[
    "master", "data", "data_content", "data_hot", "data_warm", "data_cold", "data_frozen", "ingest", "ml",
    "remote_cluster_client", "transform", "voting_only",
]  # fmt: skip
ALL_ROLES: tuple[Role, ...] = ("master", "data", "ingest")

PullPolicy = Literal["Always", "IfNotPresent", "Never"]
SetName = Annotated[str, matching("[a-z0-9]([-a-z0-9]*[a-z0-9])?"), Meta(max_length=30)]
Zone = Annotated[str, matching("[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"), Meta(max_length=63)]


class Storage(Struct, rename="camel", kw_only=True):
    """The volume of each node."""

    size: Annotated[Quantity, doc("Size of the volume, such as 10Gi. It may grow, never shrink.")] = "10Gi"
    storage_class_name: Annotated[ObjectName | None, doc("Class of the volume; unset: the default class.")] = None
    when_scaled_down: Annotated[
        Literal["Delete", "Retain"],
        doc("What becomes of the volume of a node that was drained and taken away."),
    ] = "Delete"
    when_deleted: Annotated[
        Literal["Delete", "Retain"], doc("What becomes of the volumes when the cluster is deleted.")
    ] = "Retain"


class NodeSet(Struct, rename="camel", kw_only=True):
    """Nodes that are alike."""

    name: Annotated[SetName, doc("Unique within the cluster; part of its StatefulSets' names.")]
    count: Annotated[int, doc("Number of nodes, over all zones together."), Meta(ge=0, le=1000)] = 1
    roles: Annotated[
        list[Role],
        doc("Roles of the nodes. None at all: coordinating only, which hold no data and pass requests on."),
        Meta(max_length=12),
    ] = field(default_factory=lambda: list(ALL_ROLES))
    zones: Annotated[
        list[Zone],
        doc("One StatefulSet for each; nodes are spread round robin, and copies of a shard over the zones."),
        Meta(max_length=30),
    ] = field(default_factory=list)
    zone_placement: Annotated[
        Literal["Required", "Preferred"],
        doc("Whether a node may run where no machine carries its zone in the label topology.kubernetes.io/zone."),
    ] = "Required"
    config: Annotated[Embedded, doc("Lines of elasticsearch.yml for these nodes; they win over spec.config.")] = field(
        default_factory=dict
    )
    heap: Annotated[
        Annotated[str, matching("[1-9][0-9]*[kKmMgG]"), Meta(max_length=20)] | None,
        doc("Heap, such as 2g. Unset: Elasticsearch sizes it from the memory limit (before 7.11: half of the limit)."),
    ] = None
    java_options: Annotated[Text, doc("Further options of the JVM (ES_JAVA_OPTS).")] = ""
    resources: Annotated[Resources, doc("CPU and memory of each node.")] = field(default_factory=Resources)
    storage: Annotated[Storage, doc("The volume of each node that keeps data or cluster state.")] = field(
        default_factory=Storage
    )
    pod_template: Annotated[
        Embedded, doc("Merged over the pod template by strategic merge; the container is named elasticsearch.")
    ] = field(default_factory=dict)

    @property
    def master(self) -> bool:
        """Whether its nodes may be elected master or vote on it."""
        return "master" in self.roles

    @property
    def data(self) -> bool:
        """Whether its nodes hold shards."""
        return any(role.startswith("data") for role in self.roles)


class HttpService(Struct, rename="camel", kw_only=True):
    """The Service for clients."""

    type: Annotated[Literal["ClusterIP", "NodePort", "LoadBalancer"], doc("How the Service is reached.")] = "ClusterIP"
    node_port: Annotated[int, doc("Fixed port on every machine; 0 lets Kubernetes choose."), Meta(ge=0, le=65535)] = 0
    annotations: Annotated[dict[str, str], doc("Annotations of the Service.")] = field(default_factory=dict)


class ElasticsearchClusterSpec(Struct, rename="camel", kw_only=True):
    """What a cluster shall be."""

    version: Annotated[str, doc("Version of Elasticsearch, such as 8.19.0."), Meta(max_length=64)]
    image: Annotated[Image | None, doc("Default: docker.elastic.co/elasticsearch/elasticsearch:<version>.")] = None
    image_pull_policy: Annotated[PullPolicy | None, doc("When the image is pulled.")] = None
    image_pull_secrets: Annotated[
        list[ObjectName], doc("Names of Secrets to pull the image with."), Meta(max_length=20)
    ] = field(default_factory=list)
    node_sets: Annotated[
        list[NodeSet], doc("The nodes, by what they do."), keyed("name"), Meta(min_length=1, max_length=50)
    ]
    config: Annotated[Embedded, doc("Lines of elasticsearch.yml for all nodes.")] = field(default_factory=dict)
    allow_mmap: Annotated[
        bool,
        doc("Map indices into memory. Needs vm.max_map_count 262144 (1048576 from 8.16 on) on every machine."),
    ] = False
    service: Annotated[HttpService, doc("The Service for clients.")] = field(default_factory=HttpService)
    service_account_name: Annotated[ObjectName | None, doc("Service account of the pods.")] = None
    paused: Annotated[bool, doc("Leave everything as it is; nothing is applied, healed or resized.")] = False


class NodeSetStatus(Struct, rename="camel", kw_only=True):
    """How the nodes of one StatefulSet are."""

    name: str
    nodes: int = 0
    ready: int = 0


class ElasticsearchClusterStatus(Struct, rename="camel", kw_only=True):
    """How a cluster is."""

    observed_generation: Annotated[int, doc("The generation that this status speaks of.")] = 0
    phase: Annotated[str, doc("One word: Creating, Running, Growing, Draining, Rolling, Paused, Refused.")] = ""
    health: Annotated[str, doc("green, yellow or red, as Elasticsearch says; unknown when it does not answer.")] = ""
    version: Annotated[str, doc("The lowest version that a node runs.")] = ""
    cluster_uuid: Annotated[str, doc("Elasticsearch's own identity of the cluster; it never changes.")] = field(
        default="", name="clusterUUID"
    )
    nodes: Annotated[int, doc("Number of nodes that have joined.")] = 0
    ready: Annotated[str, doc("Ready nodes of wanted nodes.")] = ""
    node_sets: Annotated[list[NodeSetStatus], doc("The same, by StatefulSet.")] = field(default_factory=list)
    conditions: Conditions = field(default_factory=list)


def hub_of(resource: CustomResource) -> ElasticsearchClusterSpec:
    """The hub is the spec of this type."""
    spec: ElasticsearchClusterSpec = resource.spec
    return spec


RESOURCE = Resource("data.triad.dev", "v1", "ElasticsearchCluster", "elasticsearchclusters")
KIND = Kind(
    resource=RESOURCE,
    spec=ElasticsearchClusterSpec,
    status=ElasticsearchClusterStatus,
    singular="elasticsearchcluster",
    short_names=("es",),
    categories=("triad",),
    columns=(
        Column("Health", ".status.health"),
        Column("Nodes", ".status.nodes", "integer", "Nodes that have joined."),
        Column("Ready", ".status.ready", "string", "Ready pods of wanted nodes."),
        Column("Version", ".status.version"),
        Column("Phase", ".status.phase"),
        AGE,
    ),
    to_hub=hub_of,
    doc="An Elasticsearch cluster.",
    spec_rules=(
        Rule(
            "self.nodeSets.exists(s, (!has(s.roles) || 'master' in s.roles) && (!has(s.count) || s.count > 0))",
            "at least one node must have the role master",
        ),
    ),
)
