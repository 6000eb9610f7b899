"""Remote write and remote read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prom_operator.api.scraping import MetadataConfig, QueueConfig, RemoteEnd, RemoteRead, RemoteWrite
from prom_operator.configuration.context import Context
from prom_operator.configuration.http_client import credentials, proxy_and_redirects, url
from prom_operator.configuration.left_out import LeftOut
from prom_operator.configuration.references import Values

_MESSAGES = {"V1.0": "prometheus.WriteRequest", "V2.0": "io.prometheus.write.v2.Request"}
_QUEUE = (
    "capacity", "min_shards", "max_shards", "max_samples_per_send", "batch_send_deadline", "min_backoff", "max_backoff",
)  # fmt: skip

RESERVED_HEADERS = frozenset({
    "authorization", "host", "content-encoding", "content-length", "content-type", "user-agent", "connection",
    "keep-alive", "proxy-authenticate", "proxy-authorization", "www-authenticate", "accept-encoding",
    "x-prometheus-remote-write-version", "x-prometheus-remote-read-version",
})  # fmt: skip
"""Source: prometheus/prometheus, config/config.go, reservedHeaders."""


def check_names(ends: Sequence[RemoteEnd], where: str) -> None:
    """Raises LeftOut where two have one name: Prometheus refuses that, for its metrics could not tell them apart."""
    names = [end.name for end in ends if end.name]
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise LeftOut("InvalidRemote", f"{where}: the name {twice!r} stands there twice")


def write(given: RemoteWrite, i: int, context: Context, values: Values) -> dict[str, Any]:
    """An entry of remote_write."""
    said = _end(given, f"remoteWrite[{i}]", context, values)
    message = _MESSAGES.get(given.message_version or "")
    if message is not None and context.since(2, 54):
        said["protobuf_message"] = message
    if given.send_exemplars is not None and context.since(2, 27):
        said["send_exemplars"] = given.send_exemplars
    if given.send_native_histograms is not None and context.since(2, 40):
        said["send_native_histograms"] = given.send_native_histograms
    if given.write_relabel_configs:
        where = f"remoteWrite[{i}].writeRelabelConfigs"
        said["write_relabel_configs"] = context.steps(given.write_relabel_configs, where)
    if given.queue_config is not None:
        said["queue_config"] = _queue(given.queue_config, context)
    if given.metadata_config is not None and context.since(2, 23):
        said["metadata_config"] = _metadata(given.metadata_config, context)
    return said


def read(given: RemoteRead, i: int, context: Context, values: Values) -> dict[str, Any]:
    """An entry of remote_read."""
    said = _end(given, f"remoteRead[{i}]", context, values)
    if given.required_matchers:
        said["required_matchers"] = dict(sorted(given.required_matchers.items()))
    if given.read_recent:
        said["read_recent"] = True
    if given.filter_external_labels is not None and context.since(2, 34):
        said["filter_external_labels"] = given.filter_external_labels
    return said


def _end(given: RemoteEnd, where: str, context: Context, values: Values) -> dict[str, Any]:
    said: dict[str, Any] = {"url": url(given.url, f"{where}.url"), "remote_timeout": given.remote_timeout or "30s"}
    reserved = next((name for name in given.headers if name.lower() in RESERVED_HEADERS), None)
    if reserved is not None:
        raise LeftOut("InvalidRemote", f"{where}.headers: {reserved} is set by Prometheus itself")
    if given.headers and context.since(2, 15):
        said["headers"] = dict(sorted(given.headers.items()))
    if given.name and context.since(2, 15):
        said["name"] = given.name
    said |= proxy_and_redirects(given, context)
    return said | credentials(given, given.tls_config, context, values)


def _queue(given: QueueConfig, context: Context) -> dict[str, Any]:
    said = {name: value for name in _QUEUE if (value := getattr(given, name)) is not None}
    if given.retry_on_rate_limit and context.since(2, 26):
        said["retry_on_http_429"] = True
    if given.sample_age_limit is not None and context.since(2, 50):
        said["sample_age_limit"] = given.sample_age_limit
    return said


def _metadata(given: MetadataConfig, context: Context) -> dict[str, Any]:
    said: dict[str, Any] = {"send": given.send}
    if given.send_interval:
        said["send_interval"] = given.send_interval
    if given.max_samples_per_send is not None and context.since(2, 29):
        said["max_samples_per_send"] = given.max_samples_per_send
    return said
