"""Fields that users may set and that this release does nothing with: named, never silently ignored."""

from __future__ import annotations

from collections.abc import Iterator

from prom_operator.observation import Observation


def not_acted_on(seen: Observation) -> tuple[str, ...]:
    """Their paths."""
    return tuple(_named(seen))


def _named(seen: Observation) -> Iterator[str]:
    spec = seen.spec
    for path, value in (
        ("spec.thanos", spec.thanos),
        ("spec.web.tlsConfig", spec.web and spec.web.tls_config),
        ("spec.web.httpConfig", spec.web and spec.web.http_config),
        ("spec.probeSelector", spec.probe_selector),
        ("spec.scrapeConfigSelector", spec.scrape_config_selector),
        ("spec.otlp", spec.otlp),
        ("spec.tracingConfig", spec.tracing_config),
        ("spec.alerting.alertmanagers[].sigv4", spec.alerting and any(a.sigv4 for a in spec.alerting.alertmanagers)),
        ("spec.remoteWrite[].sigv4", any(r.sigv4 for r in spec.remote_write)),
        ("spec.remoteWrite[].azureAd", any(r.azure_ad for r in spec.remote_write)),
        ("spec.reloadStrategy", spec.reload_strategy == "ProcessSignal"),
    ):
        if value:
            yield path
    if spec.enforced_namespace_label and seen.rule_sets:
        yield "spec.enforcedNamespaceLabel within the expressions of rules (it is set as a label)"
