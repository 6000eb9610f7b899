"""What the scrape jobs of ServiceMonitors and PodMonitors have in common."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from prom_operator.api.monitors import MonitorSpec
from prom_operator.api.scraping import ScrapeClass
from prom_operator.api.shared import Endpoint, TlsConfig
from prom_operator.configuration import relabeling
from prom_operator.configuration.context import Context
from prom_operator.configuration.duration import milliseconds
from prom_operator.configuration.http_client import authorization, credentials, proxy_and_redirects, tls
from prom_operator.configuration.left_out import LeftOut
from prom_operator.configuration.limits import limits
from prom_operator.configuration.references import Values

RUNNING = relabeling.drop(["__meta_kubernetes_pod_phase"], "(Failed|Succeeded)")
JOB_NAME = relabeling.copy("job", "__tmp_prometheus_job_name")


def honor(end: Endpoint, context: Context) -> dict[str, Any]:
    """Whose labels and timestamps win."""
    said: dict[str, Any] = {"honor_labels": end.honor_labels and not context.spec.override_honor_labels}
    override = context.spec.override_honor_timestamps
    if (end.honor_timestamps is not None or override) and context.since(2, 9):
        said["honor_timestamps"] = bool(end.honor_timestamps) and not override
    if end.track_timestamps_staleness is not None and context.since(2, 48):
        said["track_timestamps_staleness"] = end.track_timestamps_staleness
    return said


def request(
    end: Endpoint, context: Context, of_class: ScrapeClass, values: Values, of_prometheus: Values
) -> dict[str, Any]:
    """When, where and as whom Prometheus asks. What the class refers to is in the Prometheus's own namespace."""
    said: dict[str, Any] = {}
    _check_times(end, context)
    if end.interval:
        said["scrape_interval"] = end.interval
    if end.scrape_timeout:
        said["scrape_timeout"] = end.scrape_timeout
    if end.path:
        said["metrics_path"] = end.path
    said |= proxy_and_redirects(end, context)
    if end.params:
        said["params"] = {name: list(values_) for name, values_ in sorted(end.params.items())}
    if end.scheme:
        scheme = end.scheme.lower()
        if scheme not in ("http", "https"):
            raise LeftOut("InvalidScheme", f"scheme: {end.scheme!r} is neither http nor https")
        said["scheme"] = scheme
    said |= credentials(end, _with_class(end.tls_config, of_class.tls_config), context, values)
    if end.tls_config is None and of_class.tls_config is not None:
        said["tls_config"] = tls(of_class.tls_config, context, of_prometheus, "scrapeClass.tlsConfig")
    if of_class.authorization is not None and end.authorization is None and not _has_credentials(end):
        said["authorization"] = authorization(of_class.authorization, context, of_prometheus)
    return said


def _has_credentials(end: Endpoint) -> bool:
    return bool(end.basic_auth or end.oauth2 or end.bearer_token_file or end.bearer_token_secret)


def _check_times(end: Endpoint, context: Context) -> None:
    """Prometheus refuses its whole configuration for a scrape that takes longer than until the next one."""
    interval = _milliseconds(end.interval or context.spec.scrape_interval, "interval")
    if end.scrape_timeout and _milliseconds(end.scrape_timeout, "scrapeTimeout") > interval:
        shown = end.interval or context.spec.scrape_interval
        raise LeftOut("InvalidTimeout", f"scrapeTimeout {end.scrape_timeout} is longer than the interval {shown}")


def _milliseconds(text: str, where: str) -> int:
    length = milliseconds(text)
    if not length:
        raise LeftOut("InvalidDuration", f"{where}: {text!r} is not a duration such as 30s")
    return length


def _with_class(own: TlsConfig | None, of_class: TlsConfig | None) -> TlsConfig | None:
    """The endpoint's TLS settings; files that it does not name come from its scrape class."""
    if own is None or of_class is None:
        return own
    missing: dict[str, str | None] = {}
    if own.ca is None and not own.ca_file:
        missing["ca_file"] = of_class.ca_file
    if own.cert is None and not own.cert_file:
        missing["cert_file"] = of_class.cert_file
    if own.key_secret is None and not own.key_file:
        missing["key_file"] = of_class.key_file
    return replace(own, **missing)


def pod_labels(spec: MonitorSpec, context: Context) -> list[relabeling.Step]:
    """Labels of the pod that go on its series."""
    return [
        relabeling.copy_if_set(f"__meta_kubernetes_pod_label_{part}", part)
        for part in map(relabeling.label_part, (*spec.pod_target_labels, *context.spec.pod_target_labels))
    ]


def closing(
    end: Endpoint, monitor: tuple[str, str, str], context: Context, of_class: ScrapeClass, where: str
) -> tuple[list[relabeling.Step], list[relabeling.Step]]:
    """The last steps for targets and those for their series: the class's, the user's, and those nobody may undo.

    `monitor` is the resource (plural), namespace and name.
    """
    label = context.enforced_namespace(*monitor)
    namespace = [relabeling.fixed(label, monitor[1])] if label else []
    targets = context.steps(of_class.relabelings, "scrapeClass.relabelings")
    targets += context.steps(end.relabelings, f"{where}.relabelings")
    series = context.steps(of_class.metric_relabelings, "scrapeClass.metricRelabelings")
    series += context.steps(end.metric_relabelings, f"{where}.metricRelabelings")
    return targets + namespace + relabeling.sharding(context.shards), series + namespace


def finish(
    job: dict[str, Any],
    spec: MonitorSpec,
    targets: list[relabeling.Step],
    series: list[relabeling.Step],
    context: Context,
    of_class: ScrapeClass,
) -> dict[str, Any]:
    """A job's last fields."""
    relabeling.check_generated(targets, context.version)
    job["relabel_configs"] = targets
    job |= limits(spec, context)
    fallback = of_class.fallback_scrape_protocol
    if fallback is not None and "fallback_scrape_protocol" not in job and context.since(3, 0):
        job["fallback_scrape_protocol"] = fallback
    if series:
        job["metric_relabel_configs"] = series
    return job
