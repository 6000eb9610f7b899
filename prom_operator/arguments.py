"""The command line of Prometheus, by version and by what the resource asks for."""

from __future__ import annotations

from collections.abc import Iterator

from common.control.plan import Refused
from prom_operator.api.v1 import Argument, PrometheusSpec
from prom_operator.configuration.version import Version

CONFIGURATION = "/etc/prometheus/config_out/prometheus.env.yaml"
DATABASE = "/prometheus"
DEFAULT_RETENTION = "24h"


def arguments(spec: PrometheusSpec, version: Version) -> list[str]:
    """Every argument, the user's own last.

    Raises Refused where those repeat one that the operator sets: Prometheus would take one of the two, unsaid which.
    """
    generated = [f"--{name}" if value is None else f"--{name}={value}" for name, value in _generated(spec, version)]
    taken = {name for name, _ in _generated(spec, version)}
    for one in spec.additional_args:
        name = one.name.lstrip("-")
        if name in taken or name.removeprefix("no-") in taken:
            raise Refused(
                "ArgumentTaken", f"spec.additionalArgs: --{name} is set by the operator; use the field for it"
            )
    return [*generated, *map(_written, spec.additional_args)]


def _written(argument: Argument) -> str:
    name = argument.name.lstrip("-")
    return f"--{name}" if argument.value is None else f"--{name}={argument.value}"


def route(spec: PrometheusSpec) -> str:
    """The path that everything is served under, without a slash at its end."""
    prefix = spec.route_prefix.strip("/")
    return f"/{prefix}" if prefix else ""


def _generated(spec: PrometheusSpec, version: Version) -> Iterator[tuple[str, str | None]]:
    yield "config.file", CONFIGURATION
    yield from _storage(spec, version)
    yield from _web(spec, version)
    yield from _evaluation(spec, version)
    features = list(spec.enable_features)
    if spec.enable_otlp_receiver and (2, 47) <= version < (3, 0):
        features.append("otlp-write-receiver")
    if features:
        yield "enable-feature", ",".join(features)
    if spec.log_level and spec.log_level != "info":
        yield "log.level", spec.log_level
    if spec.log_format and spec.log_format != "logfmt":
        yield "log.format", spec.log_format


def _storage(spec: PrometheusSpec, version: Version) -> Iterator[tuple[str, str | None]]:
    yield "storage.tsdb.path", DATABASE
    retention = spec.retention or ("" if spec.retention_size else DEFAULT_RETENTION)
    if retention:
        yield "storage.tsdb.retention.time", retention
    if spec.retention_size:
        yield "storage.tsdb.retention.size", spec.retention_size
    if spec.wal_compression is not None:
        yield f"{'' if spec.wal_compression else 'no-'}storage.tsdb.wal-compression", None
    if spec.allow_overlapping_blocks and version < (2, 39):
        yield "storage.tsdb.allow-overlapping-blocks", None
    if spec.disable_compaction:
        yield "storage.tsdb.max-block-duration", "2h"
        yield "storage.tsdb.min-block-duration", "2h"


def _web(spec: PrometheusSpec, version: Version) -> Iterator[tuple[str, str | None]]:
    yield "web.enable-lifecycle", None
    if version < (3, 0):
        yield "web.console.templates", "/etc/prometheus/consoles"
        yield "web.console.libraries", "/etc/prometheus/console_libraries"
    if spec.listen_local:
        yield "web.listen-address", "127.0.0.1:9090"
    if spec.external_url:
        yield "web.external-url", spec.external_url
    yield "web.route-prefix", route(spec) or "/"
    if spec.web is not None and spec.web.page_title is not None and version >= (2, 6):
        yield "web.page-title", spec.web.page_title
    if spec.web is not None and spec.web.max_connections is not None:
        yield "web.max-connections", str(spec.web.max_connections)
    if spec.enable_admin_api:
        yield "web.enable-admin-api", None
    if spec.enable_remote_write_receiver and version >= (2, 33):
        yield "web.enable-remote-write-receiver", None
    if spec.remote_write_receiver_message_versions and version >= (2, 54):
        known = {"V1.0": "prometheus.WriteRequest", "V2.0": "io.prometheus.write.v2.Request"}
        said = [known.get(v, v) for v in spec.remote_write_receiver_message_versions]
        yield "web.remote-write-receiver.accepted-protobuf-messages", ",".join(said)
    if spec.enable_otlp_receiver and version >= (3, 0):
        yield "web.enable-otlp-receiver", None


def _evaluation(spec: PrometheusSpec, version: Version) -> Iterator[tuple[str, str | None]]:
    query = spec.query
    if query is not None:
        if query.lookback_delta is not None:
            yield "query.lookback-delta", query.lookback_delta
        if query.max_concurrency is not None:
            yield "query.max-concurrency", str(max(1, query.max_concurrency))
        if query.max_samples is not None:
            yield "query.max-samples", str(query.max_samples)
        if query.timeout:
            yield "query.timeout", query.timeout
    alert = spec.rules.alert
    if alert.for_outage_tolerance is not None:
        yield "rules.alert.for-outage-tolerance", alert.for_outage_tolerance
    if alert.for_grace_period is not None:
        yield "rules.alert.for-grace-period", alert.for_grace_period
    if alert.resend_delay is not None:
        yield "rules.alert.resend-delay", alert.resend_delay
