"""Pieces that several types of monitoring.coreos.com/v1 are made of.

Names and meaning are the ecosystem's (prometheus-operator's API reference); what is not typed here is kept by the
schema all the same, so a manifest written for prometheus-operator loses nothing.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Struct, field

from common.resources.fields import Duration, IntOrString, doc


class Part(Struct, rename="camel", frozen=True, kw_only=True):
    """What every typed piece shares: camelCase names, immutable, unknown fields kept by the schema."""


class SelectorRequirement(Part, frozen=True):
    """One expression of a label selector."""

    key: Annotated[str, doc("The label.")]
    operator: Annotated[Literal["In", "NotIn", "Exists", "DoesNotExist"], doc("How it relates to the values.")]
    values: Annotated[tuple[str, ...], doc("For In and NotIn only.")] = ()


class LabelSelector(Part, frozen=True):
    """Selects objects by their labels; empty selects everything."""

    match_labels: Annotated[dict[str, str], doc("Labels that must be so.")] = field(default_factory=dict)
    match_expressions: Annotated[tuple[SelectorRequirement, ...], doc("Expressions that must all hold.")] = ()


class NamespaceSelector(Part, frozen=True):
    """Namespaces in which the targets live; empty means the monitor's own."""

    any: Annotated[bool, doc("All namespaces.")] = False
    match_names: Annotated[tuple[str, ...], doc("These namespaces.")] = ()


class SecretKey(Part, frozen=True):
    """One key of a Secret or ConfigMap in the same namespace."""

    key: Annotated[str, doc("The key inside its data.")]
    name: Annotated[str, doc("Name of the Secret or ConfigMap.")] = ""
    optional: Annotated[bool | None, doc("Go on without it where it is missing.")] = None


class SecretOrConfigMap(Part, frozen=True):
    """A key of a Secret or of a ConfigMap."""

    secret: Annotated[SecretKey | None, doc("A key of a Secret.")] = None
    config_map: Annotated[SecretKey | None, doc("A key of a ConfigMap.")] = None


TlsVersion = Literal["TLS10", "TLS11", "TLS12", "TLS13"]


class TlsConfig(Part, frozen=True):
    """TLS towards a target or a remote end."""

    ca: Annotated[SecretOrConfigMap | None, doc("Certificate authority that vouches for the server.")] = None
    cert: Annotated[SecretOrConfigMap | None, doc("Client certificate.")] = None
    key_secret: Annotated[SecretKey | None, doc("The client certificate's key.")] = None
    ca_file: Annotated[str | None, doc("Path in the Prometheus container.")] = None
    cert_file: Annotated[str | None, doc("Path in the Prometheus container.")] = None
    key_file: Annotated[str | None, doc("Path in the Prometheus container.")] = None
    server_name: Annotated[str | None, doc("Name that the server's certificate must carry.")] = None
    insecure_skip_verify: Annotated[bool | None, doc("Accept any certificate.")] = None
    min_version: Annotated[TlsVersion | None, doc("Lowest TLS version (Prometheus 2.35).")] = None
    max_version: Annotated[TlsVersion | None, doc("Highest TLS version (Prometheus 2.41).")] = None


class BasicAuth(Part, frozen=True):
    """User name and password, from Secrets."""

    username: SecretKey | None = None
    password: SecretKey | None = None


class Authorization(Part, frozen=True):
    """The Authorization header."""

    type: Annotated[str, doc("Anything but Basic; Bearer unless said.")] = ""
    credentials: Annotated[SecretKey | None, doc("The token, from a Secret.")] = None
    credentials_file: Annotated[str | None, doc("Path in the Prometheus container.")] = None


class OAuth2(Part, frozen=True):
    """OAuth 2.0 client credentials."""

    client_id: SecretOrConfigMap
    client_secret: SecretKey
    token_url: str
    scopes: tuple[str, ...] = ()
    endpoint_params: dict[str, str] = field(default_factory=dict)
    tls_config: TlsConfig | None = None
    proxy_url: str | None = None


class RelabelConfig(Part, frozen=True):
    """One relabeling step, as in Prometheus' own configuration."""

    source_labels: tuple[str, ...] = ()
    separator: str | None = None
    target_label: str = ""
    regex: Annotated[str, doc("RE2, fully anchored.")] = ""
    modulus: Annotated[int, doc("For hashmod.")] = 0
    replacement: str | None = None
    action: Annotated[str, doc("replace unless said; upper and lower case are the same.")] = ""


class AttachMetadata(Part, frozen=True):
    """Metadata of other objects that discovery adds to a target."""

    node: Annotated[bool | None, doc("Labels of the node (Prometheus 2.35 for pods, 2.37 for endpoints).")] = None


class HttpClient(Part, frozen=True):
    """How an HTTP request is made: shared by endpoints, remote write and alertmanagers."""

    tls_config: TlsConfig | None = None
    basic_auth: BasicAuth | None = None
    authorization: Authorization | None = None
    oauth2: OAuth2 | None = None
    bearer_token_file: Annotated[str | None, doc("Deprecated: use authorization.")] = None
    bearer_token_secret: Annotated[SecretKey | None, doc("Deprecated: use authorization.")] = None
    proxy_url: Annotated[str | None, doc("HTTP proxy.")] = None
    no_proxy: Annotated[str | None, doc("Hosts that bypass the proxy (Prometheus 2.43).")] = None
    proxy_from_environment: Annotated[bool | None, doc("Proxy of the container's environment.")] = None
    follow_redirects: Annotated[bool | None, doc("Follow HTTP 3xx (Prometheus 2.26).")] = None
    enable_http2: Annotated[bool | None, doc("HTTP/2 (Prometheus 2.35).")] = None


class Endpoint(HttpClient, frozen=True):
    """What ServiceMonitor endpoints and PodMonitor endpoints have in common."""

    port: Annotated[str | None, doc("Name of the port.")] = None
    target_port: Annotated[IntOrString | None, doc("Port of the pod, by name or number.")] = None
    path: Annotated[str, doc("HTTP path; /metrics unless said.")] = ""
    scheme: Annotated[str | None, doc("http or https.")] = None
    params: Annotated[dict[str, tuple[str, ...]], doc("URL parameters.")] = field(default_factory=dict)
    interval: Duration = ""
    scrape_timeout: Duration = ""
    honor_labels: Annotated[bool, doc("Keep the target's labels on conflict.")] = False
    honor_timestamps: bool | None = None
    track_timestamps_staleness: bool | None = None
    relabelings: tuple[RelabelConfig, ...] = ()
    metric_relabelings: tuple[RelabelConfig, ...] = ()
    filter_running: Annotated[bool | None, doc("Drop pods that have ended; yes unless said.")] = None


class Limits(Part, frozen=True):
    """Limits of one scrape; the lower of these and the Prometheus's enforced ones holds."""

    sample_limit: int | None = None
    target_limit: int | None = None
    label_limit: int | None = None
    label_name_length_limit: int | None = None
    label_value_length_limit: int | None = None
    keep_dropped_targets: int | None = None
    body_size_limit: str | None = None
    scrape_protocols: tuple[str, ...] = ()
    fallback_scrape_protocol: str | None = None
    native_histogram_bucket_limit: int | None = None
    scrape_classic_histograms: bool | None = None
