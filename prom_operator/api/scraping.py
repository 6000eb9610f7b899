"""Parts of a Prometheus that reach its configuration file: scrape classes, alertmanagers, remote ends."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from common.resources.fields import Duration, Embedded, IntOrString, doc
from prom_operator.api.shared import (
    AttachMetadata,
    Authorization,
    BasicAuth,
    HttpClient,
    Part,
    RelabelConfig,
    TlsConfig,
)


class ScrapeClass(Part, frozen=True):
    """Settings that monitors take by naming the class, or by saying nothing where it is the default."""

    name: str
    default: bool | None = None
    tls_config: TlsConfig | None = None
    authorization: Authorization | None = None
    relabelings: tuple[RelabelConfig, ...] = ()
    metric_relabelings: tuple[RelabelConfig, ...] = ()
    attach_metadata: AttachMetadata | None = None
    fallback_scrape_protocol: str | None = None


class ApiServer(Part, frozen=True):
    """Another API server than the pod's own to discover targets from."""

    host: str
    basic_auth: BasicAuth | None = None
    authorization: Authorization | None = None
    tls_config: TlsConfig | None = None
    bearer_token_file: str | None = None


class Alertmanager(HttpClient, kw_only=True, frozen=True):
    """Alertmanagers behind a Service."""

    name: Annotated[str, doc("The Service.")]
    port: IntOrString
    namespace: Annotated[str | None, doc("The Service's; the Prometheus's own unless said.")] = None
    scheme: str = "http"
    path_prefix: str = "/"
    api_version: str | None = None
    timeout: Duration | None = None
    relabelings: tuple[RelabelConfig, ...] = ()
    alert_relabelings: tuple[RelabelConfig, ...] = ()
    sigv4: Embedded | None = None


class AlertingSpec(Part, frozen=True):
    """Where alerts go."""

    alertmanagers: tuple[Alertmanager, ...] = ()


class QueueConfig(Part, frozen=True):
    """The queue in front of a remote end."""

    capacity: int | None = None
    min_shards: int | None = None
    max_shards: int | None = None
    max_samples_per_send: int | None = None
    batch_send_deadline: Duration | None = None
    min_backoff: Duration | None = None
    max_backoff: Duration | None = None
    retry_on_rate_limit: bool = False
    sample_age_limit: Duration | None = None


class MetadataConfig(Part, frozen=True):
    """Metadata sent along."""

    send: bool = True
    send_interval: Duration = ""
    max_samples_per_send: int | None = None


class RemoteEnd(HttpClient, kw_only=True, frozen=True):
    """What remote write and remote read have in common."""

    url: str
    name: str | None = None
    remote_timeout: Duration | None = None
    headers: dict[str, str] = field(default_factory=dict)


class RemoteWrite(RemoteEnd, kw_only=True, frozen=True):
    """A place that samples are sent to."""

    message_version: str | None = None
    send_exemplars: bool | None = None
    send_native_histograms: bool | None = None
    write_relabel_configs: tuple[RelabelConfig, ...] = ()
    queue_config: QueueConfig | None = None
    metadata_config: MetadataConfig | None = None
    sigv4: Embedded | None = None
    azure_ad: Embedded | None = None


class RemoteRead(RemoteEnd, kw_only=True, frozen=True):
    """A place that samples are read from."""

    required_matchers: dict[str, str] = field(default_factory=dict)
    read_recent: bool = False
    filter_external_labels: bool | None = None
