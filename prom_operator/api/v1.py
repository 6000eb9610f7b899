"""Prometheus: a set of equal Prometheus servers, and what they select."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from common.kube.resource import Resource
from common.resources.fields import Conditions, Duration, Embedded, EmbeddedList, doc
from common.resources.kind import Column, Kind, Scale
from prom_operator.api.scraping import AlertingSpec, ApiServer, RemoteRead, RemoteWrite, ScrapeClass
from prom_operator.api.shared import LabelSelector, Part, SecretKey

PROMETHEUS = Resource("monitoring.coreos.com", "v1", "Prometheus", "prometheuses")
DEFAULT_VERSION = "v3.5.0"

Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Storage(Part, frozen=True):
    """Where the time series are kept; an emptyDir unless said."""

    volume_claim_template: Annotated[Embedded | None, doc("A PersistentVolumeClaim for each replica.")] = None
    empty_dir: Embedded | None = None
    ephemeral: Embedded | None = None
    disable_mount_sub_path: Annotated[bool, doc("Deprecated: mount the volume's root.")] = False


class Query(Part, frozen=True):
    """Limits of queries."""

    lookback_delta: str | None = None
    max_concurrency: int | None = None
    max_samples: int | None = None
    timeout: Duration | None = None


class Argument(Part, frozen=True):
    """A command line argument that is added as it is."""

    name: str
    value: str | None = None


class Tsdb(Part, frozen=True):
    """The time series database."""

    out_of_order_time_window: Duration | None = None


class Exemplars(Part, frozen=True):
    """Storage of exemplars."""

    max_size: int | None = None


class AlertRules(Part, frozen=True):
    """When alerts are kept, sent again, or restored."""

    for_outage_tolerance: str | None = None
    for_grace_period: str | None = None
    resend_delay: str | None = None


class RulesSpec(Part, frozen=True):
    """Evaluation of rules."""

    alert: AlertRules = AlertRules()


class Web(Part, frozen=True):
    """The web server."""

    page_title: str | None = None
    max_connections: int | None = None
    tls_config: Embedded | None = None
    http_config: Embedded | None = None


class ObjectReference(Part, kw_only=True, frozen=True):
    """Objects of one kind, or one of them, that are exempt from the enforced namespace label."""

    group: str = "monitoring.coreos.com"
    resource: str
    namespace: str
    name: str = ""


class FileAccess(Part, frozen=True):
    """Whether monitors may name files in the Prometheus container."""

    deny: bool = False


class PodMeta(Part, frozen=True):
    """Labels and annotations of the pods."""

    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


class Selection(Part, frozen=True):
    """Which monitors and rules are taken: a selector that is absent takes nothing, an empty one everything."""

    service_monitor_selector: LabelSelector | None = None
    service_monitor_namespace_selector: Annotated[
        LabelSelector | None, doc("Namespaces by label; absent means the Prometheus's own.")
    ] = None
    pod_monitor_selector: LabelSelector | None = None
    pod_monitor_namespace_selector: LabelSelector | None = None
    rule_selector: LabelSelector | None = None
    rule_namespace_selector: LabelSelector | None = None
    probe_selector: LabelSelector | None = None
    probe_namespace_selector: LabelSelector | None = None
    scrape_config_selector: LabelSelector | None = None
    scrape_config_namespace_selector: LabelSelector | None = None


class Scraping(Selection, frozen=True):
    """What goes into the configuration file."""

    scrape_interval: Duration = "30s"
    scrape_timeout: Duration = ""
    evaluation_interval: Duration = "30s"
    scrape_protocols: tuple[str, ...] = ()
    scrape_classes: tuple[ScrapeClass, ...] = ()
    name_validation_scheme: str | None = None
    external_labels: dict[str, str] = field(default_factory=dict)
    prometheus_external_label_name: str | None = None
    replica_external_label_name: str | None = None
    pod_target_labels: tuple[str, ...] = ()
    service_discovery_role: str | None = None
    api_server_config: ApiServer | None = field(default=None, name="apiserverConfig")
    override_honor_labels: bool = False
    override_honor_timestamps: bool = False
    ignore_namespace_selectors: bool = False
    enforced_namespace_label: str = ""
    excluded_from_enforcement: tuple[ObjectReference, ...] = ()
    arbitrary_fs_access_through_sms: FileAccess = field(default_factory=FileAccess, name="arbitraryFSAccessThroughSMs")
    sample_limit: Count | None = None
    target_limit: Count | None = None
    label_limit: Count | None = None
    label_name_length_limit: Count | None = None
    label_value_length_limit: Count | None = None
    keep_dropped_targets: Count | None = None
    body_size_limit: str | None = None
    enforced_sample_limit: Count | None = None
    enforced_target_limit: Count | None = None
    enforced_label_limit: Count | None = None
    enforced_label_name_length_limit: Count | None = None
    enforced_label_value_length_limit: Count | None = None
    enforced_keep_dropped_targets: Count | None = None
    enforced_body_size_limit: str | None = None
    additional_scrape_configs: SecretKey | None = None
    additional_alert_relabel_configs: SecretKey | None = None
    additional_alert_manager_configs: SecretKey | None = None
    alerting: AlertingSpec | None = None
    remote_write: tuple[RemoteWrite, ...] = ()
    remote_read: tuple[RemoteRead, ...] = ()
    rule_query_offset: Duration | None = None
    query_log_file: str = ""
    exemplars: Exemplars | None = None
    tsdb: Tsdb | None = None
    otlp: Embedded | None = None
    tracing_config: Embedded | None = None
    runtime: Embedded | None = None


class PrometheusSpec(Scraping, frozen=True):
    """What is wanted of a Prometheus."""

    paused: Annotated[bool, doc("Leave everything as it is until this is false again.")] = False
    version: Annotated[str, doc("Prometheus version, such as v3.5.0.", defaulted=True)] = DEFAULT_VERSION
    image: Annotated[str | None, doc("Image; version still says what it is able to do.")] = None
    image_pull_policy: str | None = None
    image_pull_secrets: EmbeddedList = field(default_factory=list)
    replicas: Annotated[int, doc("Equal servers that scrape the same targets.", defaulted=True), Meta(ge=0)] = 1
    shards: Annotated[int, doc("Groups of servers between which the targets are divided."), Meta(ge=0)] = 1
    retention: Duration = ""
    retention_size: str = ""
    disable_compaction: bool = False
    wal_compression: bool | None = None
    allow_overlapping_blocks: bool = False
    enable_admin_api: bool = field(default=False, name="enableAdminAPI")
    enable_remote_write_receiver: bool = False
    enable_otlp_receiver: bool | None = field(default=None, name="enableOTLPReceiver")
    remote_write_receiver_message_versions: tuple[str, ...] = ()
    enable_features: tuple[str, ...] = ()
    additional_args: tuple[Argument, ...] = ()
    external_url: str = ""
    route_prefix: str = ""
    listen_local: bool = False
    port_name: str = "web"
    log_level: Literal["", "debug", "info", "warn", "error"] = ""
    log_format: Literal["", "logfmt", "json"] = ""
    query: Query | None = None
    rules: RulesSpec = RulesSpec()
    web: Web | None = None
    storage: Storage | None = None
    thanos: Embedded | None = None
    reload_strategy: str | None = None
    service_account_name: str = ""
    service_name: str | None = None
    pod_metadata: PodMeta = PodMeta()
    pod_management_policy: str | None = None
    update_strategy: Embedded | None = None
    persistent_volume_claim_retention_policy: Embedded | None = None
    node_selector: dict[str, str] = field(default_factory=dict)
    affinity: Embedded | None = None
    tolerations: EmbeddedList = field(default_factory=list)
    topology_spread_constraints: EmbeddedList = field(default_factory=list)
    priority_class_name: str = ""
    security_context: Embedded | None = None
    automount_service_account_token: bool | None = None
    host_network: bool = False
    host_aliases: EmbeddedList = field(default_factory=list)
    dns_policy: str | None = None
    dns_config: Embedded | None = None
    enable_service_links: bool | None = None
    termination_grace_period_seconds: int | None = None
    min_ready_seconds: int | None = None
    maximum_startup_duration_seconds: Annotated[
        int | None, doc("How long a start (the replay of the write-ahead log) may take; at least 60.")
    ] = None
    resources: Embedded | None = None
    volumes: EmbeddedList = field(default_factory=list)
    volume_mounts: EmbeddedList = field(default_factory=list)
    secrets: Annotated[tuple[str, ...], doc("Secrets mounted under /etc/prometheus/secrets/.")] = ()
    config_maps: Annotated[tuple[str, ...], doc("ConfigMaps mounted under /etc/prometheus/configmaps/.")] = ()
    containers: Annotated[EmbeddedList, doc("Merged over the generated containers by name, or added.")] = field(
        default_factory=list
    )
    init_containers: EmbeddedList = field(default_factory=list)
    base_image: Annotated[str, doc("Deprecated: use image.")] = ""
    tag: Annotated[str, doc("Deprecated: use image.")] = ""
    sha: Annotated[str, doc("Deprecated: use image.")] = ""


class ShardStatus(Part, kw_only=True, frozen=True):
    """One shard."""

    shard_id: str = field(name="shardID")
    replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0
    unavailable_replicas: int = 0


class PrometheusStatus(Part, frozen=True):
    """How the servers are."""

    paused: bool = False
    replicas: Annotated[int, doc("Pods that are there.")] = 0
    updated_replicas: Annotated[int, doc("Pods of the newest template.")] = 0
    available_replicas: Annotated[int, doc("Pods that are ready.")] = 0
    unavailable_replicas: Annotated[int, doc("Pods that are wanted and not available.")] = 0
    shards: int = 1
    selector: Annotated[str, doc("Selects the pods, for kubectl scale and autoscalers.")] = ""
    shard_statuses: tuple[ShardStatus, ...] = ()
    observed_generation: int = 0
    conditions: Conditions = field(default_factory=list)


def _condition(type_: str) -> str:
    return f".status.conditions[?(@.type == '{type_}')].status"


KIND = Kind(
    resource=PROMETHEUS,
    spec=PrometheusSpec,
    status=PrometheusStatus,
    singular="prometheus",
    short_names=("prom",),
    categories=("prometheus-operator",),
    columns=(
        Column("Version", ".spec.version", "string"),
        Column("Desired", ".spec.replicas", "integer"),
        Column("Ready", ".status.availableReplicas", "integer"),
        Column("Reconciled", _condition("Reconciled"), "string"),
        Column("Available", _condition("Available"), "string"),
        Column("Age", ".metadata.creationTimestamp", "date"),
        Column("Paused", ".status.paused", "boolean", priority=1),
    ),
    preserve_unknown=True,
    scale=Scale(".spec.shards", ".status.shards", ".status.selector"),
)
