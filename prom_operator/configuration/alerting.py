"""Where alerts go."""

from __future__ import annotations

from typing import Any

import re2

from prom_operator.api.scraping import Alertmanager
from prom_operator.configuration import discovery, relabeling
from prom_operator.configuration.context import Context
from prom_operator.configuration.http_client import credentials, proxy_and_redirects
from prom_operator.configuration.references import Values

REPLICA_LABEL = "prometheus_replica"


def alerting(
    context: Context, values: Values, more_relabelings: list[Any], more_alertmanagers: list[Any]
) -> dict[str, Any]:
    """The alerting section; empty where there is nothing to say."""
    given = context.spec.alerting
    if given is None and not more_relabelings and not more_alertmanagers:
        return {}
    ends = [_alertmanager(one, i, context, values) for i, one in enumerate(given.alertmanagers if given else ())]
    replica = context.spec.replica_external_label_name
    replica = REPLICA_LABEL if replica is None else replica
    # Replicas raise the same alert; Alertmanager can only tell so when the label that differs is gone.
    dropped = [{"action": "labeldrop", "regex": re2.escape(replica)}] if replica else []
    return {
        "alert_relabel_configs": [*dropped, *more_relabelings],
        "alertmanagers": [*ends, *more_alertmanagers],
    }


def _alertmanager(given: Alertmanager, i: int, context: Context, values: Values) -> dict[str, Any]:
    where = f"alerting.alertmanagers[{i}]"
    said: dict[str, Any] = {"path_prefix": given.path_prefix or "/", "scheme": given.scheme or "http"}
    if given.timeout:
        said["timeout"] = given.timeout
    said |= proxy_and_redirects(given, context)
    said |= credentials(given, given.tls_config, context, values)
    role = context.discovery_role(None)
    namespace = given.namespace or context.namespace
    said["kubernetes_sd_configs"] = discovery.kubernetes(role, [namespace], context, values)
    version = (given.api_version or "").lower()
    if version == "v2" or (version == "v1" and not context.since(3, 0)):
        said["api_version"] = version
    found = [
        relabeling.keep(["__meta_kubernetes_service_name"], given.name),
        _port(given, "endpointslice" if role == "endpointslice" else "endpoint"),
    ]
    relabeling.check_generated(found, context.version)
    said["relabel_configs"] = [*found, *context.steps(given.relabelings, f"{where}.relabelings")]
    if given.alert_relabelings and context.since(2, 51):
        said["alert_relabel_configs"] = context.steps(given.alert_relabelings, f"{where}.alertRelabelings")
    return said


def _port(given: Alertmanager, meta: str) -> relabeling.Step:
    if isinstance(given.port, int):
        return relabeling.keep(["__meta_kubernetes_pod_container_port_number"], str(given.port))
    return relabeling.keep([f"__meta_kubernetes_{meta}_port_name"], given.port)
