"""enterprises.upmc.com/v1 ElasticsearchCluster (2017), as its users wrote it.

It never had a schema: nothing was ever refused, so unknown fields stay and missing ones have a default. Three roles
over zones; the image's tag is the only version. `Scheduler` and the top-level `type` are internals of that operator
which leaked into the objects: they stay in the object and mean nothing.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field

from common.kube.resource import Resource
from common.resources.fields import Conditions, Embedded, EmbeddedList, Text, doc
from common.resources.kind import AGE, Column, Kind
from es_operator.api.convert import hub_of

Amount = Annotated[
    int | Annotated[str, Meta(max_length=64)], Meta(extra_json_schema={"x-kubernetes-int-or-string": True})
]
"""A quantity, or empty: clients written in Go send empty strings for what was left out."""
Count = Annotated[int, Meta(ge=0, le=1000)]


class PullSecret(Struct):
    """A Secret to pull images with."""

    name: Annotated[str, doc("Name of the Secret.")] = ""


class Authentication(Struct):
    """Credentials for snapshot requests."""

    username: Annotated[str, doc("User.")] = ""
    password: Annotated[str, doc("Password, in plain text: better kept in a Secret.")] = ""


class RepositoryAuthentication(Struct, rename="kebab"):
    """Keys of the store."""

    access_key: Annotated[str, doc("Access key, in plain text: better kept in a Secret.")] = ""
    secret_key: Annotated[str, doc("Secret key, in plain text: better kept in a Secret.")] = ""


class Snapshot(Struct, rename="kebab", kw_only=True):
    """Scheduled snapshots."""

    scheduler_enabled: Annotated[bool, doc("Whether snapshots are taken.")] = False
    type: Annotated[str, doc("s3, gcs or azure.")] = "s3"
    bucket_name: Annotated[str, doc("Bucket, also the repository's name.")] = ""
    cron_schedule: Annotated[str, doc("Such as @every 2m.")] = ""
    authentication: Annotated[Authentication, doc("Credentials for snapshot requests.")] = field(
        default_factory=Authentication
    )
    image: Annotated[str, doc("Image that takes the snapshots.")] = ""
    repo_region: Annotated[str, doc("Region of the bucket.")] = ""
    repo_authentication: Annotated[RepositoryAuthentication, doc("Keys of the store.")] = field(
        default_factory=RepositoryAuthentication
    )


class Storage(Struct, rename="kebab", kw_only=True):
    """How volumes are provisioned; left out: by the default class."""

    type: Annotated[str, doc("Parameter `type` of the classes made for the zones, such as gp2.")] = ""
    storage_class_provisioner: Annotated[str, doc("Provisioner; given: one StorageClass is made for each zone.")] = ""
    storage_class: Annotated[str, doc("An existing StorageClass.")] = ""
    volume_reclaim_policy: Annotated[str, doc("Reclaim policy of the classes made for the zones.")] = ""
    encrypted: Annotated[str, doc("Parameter `encrypted` of the classes made for the zones.")] = "true"


class MemoryAndCpu(Struct):
    """An amount of both."""

    memory: Annotated[Amount, doc("Memory.")] = ""
    cpu: Annotated[Amount, doc("CPU.")] = ""


class Resources(Struct):
    """CPU and memory of every node."""

    requests: Annotated[MemoryAndCpu, doc("What the scheduler sets aside.")] = field(default_factory=MemoryAndCpu)
    limits: Annotated[MemoryAndCpu, doc("What a node may use.")] = field(default_factory=MemoryAndCpu)


class Scaling(Struct, rename="kebab"):
    """Virtual scaling of data nodes, of one early release."""

    java_options: Annotated[Text, doc("Options of the JVM.")] = ""
    resources: Annotated[Resources, doc("CPU and memory.")] = field(default_factory=Resources)


class Instrumentation(Struct, rename="kebab"):
    """Metrics to statsd."""

    statsd_host: Annotated[str, doc("Host of the statsd server.")] = ""


class Kibana(Struct, kw_only=True):
    """A Kibana beside the cluster."""

    image: Annotated[str, doc("Image.")] = ""
    image_pull_policy: Annotated[str, doc("When the image is pulled.")] = field(default="", name="image-pull-policy")
    service_account_name: Annotated[str, doc("Service account.")] = field(default="", name="serviceAccountName")


class Cerebro(Struct, kw_only=True):
    """A Cerebro beside the cluster."""

    image: Annotated[str, doc("Image.")] = ""
    image_pull_policy: Annotated[str, doc("When the image is pulled.")] = field(default="", name="image-pull-policy")
    configuration: Annotated[str, doc("Name of a ConfigMap.")] = ""
    service_account_name: Annotated[str, doc("Service account.")] = field(default="", name="serviceAccountName")


class ClusterSpec(Struct, rename="kebab", kw_only=True):
    """What a cluster shall be, by three roles."""

    client_node_replicas: Annotated[Count, doc("Nodes that only pass requests on (a Deployment).")] = 0
    master_node_replicas: Annotated[Count, doc("Nodes that may be elected master.")] = 0
    data_node_replicas: Annotated[Count, doc("Nodes that hold shards.")] = 0
    zones: Annotated[list[str], doc("Masters and data nodes are spread over them."), Meta(max_length=30)] = field(
        default_factory=list
    )
    data_volume_size: Annotated[Amount, doc("Volume of each data node.")] = ""
    master_volume_size: Annotated[Amount, doc("Volume of each master; default: as the data nodes'.")] = ""
    elastic_search_image: Annotated[str, doc("Image; its tag says the version."), Meta(max_length=512)] = ""
    image_pull_policy: Annotated[str, doc("When images are pulled.")] = ""
    image_pull_secrets: Annotated[list[PullSecret], doc("Secrets to pull images with.")] = field(default_factory=list)
    java_options: Annotated[Text, doc("Options of the JVM for every node.")] = ""
    client_java_options: Annotated[Text, doc("The same for clients, instead.")] = ""
    data_java_options: Annotated[Text, doc("The same for data nodes, instead.")] = ""
    master_java_options: Annotated[Text, doc("The same for masters, instead.")] = ""
    snapshot: Annotated[Snapshot, doc("Scheduled snapshots.")] = field(default_factory=Snapshot)
    scaling: Annotated[Scaling | None, doc("Virtual scaling of data nodes.")] = None
    storage: Annotated[Storage, doc("How volumes are provisioned.")] = field(default_factory=Storage)
    resources: Annotated[Resources, doc("CPU and memory of every node.")] = field(default_factory=Resources)
    instrumentation: Annotated[Instrumentation, doc("Metrics to statsd.")] = field(default_factory=Instrumentation)
    network_host: Annotated[str, doc("Setting network.host.")] = ""
    node_port: Annotated[int, doc("Port of the client Service on every machine."), Meta(ge=0, le=65535)] = field(
        default=0, name="nodePort"
    )
    node_selector: Annotated[dict[str, str], doc("Machines for masters and data nodes.")] = field(
        default_factory=dict, name="nodeSelector"
    )
    tolerations: Annotated[EmbeddedList, doc("Taints that masters and data nodes put up with.")] = field(
        default_factory=list
    )
    affinity: Annotated[Embedded, doc("Affinity of clients.")] = field(default_factory=dict)
    annotations: Annotated[dict[str, str], doc("Annotations of the pods.")] = field(default_factory=dict)
    kibana: Annotated[Kibana | None, doc("A Kibana beside the cluster.")] = None
    cerebro: Annotated[Cerebro | None, doc("A Cerebro beside the cluster.")] = None
    keep_secrets_on_delete: Annotated[bool, doc("Whether certificates outlive the cluster.")] = False
    use_ssl: Annotated[bool | None, doc("Whether connections are encrypted.")] = None
    service_account_name: Annotated[str, doc("Service account of the pods.")] = field(
        default="", name="serviceAccountName"
    )


class ClusterStatus(Struct, kw_only=True):
    """How a cluster is."""

    state: Annotated[str, doc("One word.")] = ""
    message: Annotated[str, doc("A sentence.")] = ""
    health: Annotated[str, doc("green, yellow, red or unknown.")] = ""
    nodes: Annotated[int, doc("Number of nodes that have joined.")] = 0
    ready: Annotated[str, doc("Ready pods of wanted nodes.")] = ""
    conditions: Conditions = field(default_factory=list)
    observed_generation: Annotated[int, doc("The generation that this status speaks of.")] = field(
        default=0, name="observedGeneration"
    )
    cluster_uuid: Annotated[str, doc("Elasticsearch's own identity of the cluster.")] = field(
        default="", name="clusterUUID"
    )


KIND = Kind(
    resource=Resource("enterprises.upmc.com", "v1", "ElasticsearchCluster", "elasticsearchclusters"),
    spec=ClusterSpec,
    status=ClusterStatus,
    singular="elasticsearchcluster",
    columns=(
        Column("State", ".status.state"),
        Column("Health", ".status.health"),
        Column("Nodes", ".status.nodes", "integer", "Nodes that have joined."),
        Column("Ready", ".status.ready", "string", "Ready pods of wanted nodes."),
        Column("Message", ".status.message", priority=1),
        AGE,
    ),
    to_hub=hub_of,
    preserve_unknown=True,
    doc="An Elasticsearch cluster by three roles, as of 2017.",
)
