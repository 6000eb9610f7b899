"""ServiceMonitor -> scrape jobs, one for each of its endpoints."""

from __future__ import annotations

from typing import Any

from prom_operator.api.monitors import ServiceMonitorSpec
from prom_operator.api.shared import Endpoint
from prom_operator.configuration import discovery, job, relabeling
from prom_operator.configuration.context import Context
from prom_operator.configuration.references import Values

RESOURCE = "servicemonitors"


def jobs(
    namespace: str, name: str, spec: ServiceMonitorSpec, context: Context, values: Values, of_prometheus: Values
) -> list[dict[str, Any]]:
    """The jobs of one ServiceMonitor. Raises LeftOut where Prometheus would not take one of them."""
    return [_job(namespace, name, spec, i, end, context, values, of_prometheus) for i, end in enumerate(spec.endpoints)]


def _job(
    namespace: str,
    name: str,
    spec: ServiceMonitorSpec,
    i: int,
    end: Endpoint,
    context: Context,
    values: Values,
    of_prometheus: Values,
) -> dict[str, Any]:
    of_class = context.scrape_class(spec.scrape_class)
    role = context.discovery_role(spec.service_discovery_role)
    node = discovery.attached(spec.attach_metadata, of_class.attach_metadata) if context.since(2, 37) else None
    names = discovery.namespaces(spec.namespace_selector, namespace, context)
    said: dict[str, Any] = {"job_name": f"serviceMonitor/{namespace}/{name}/{i}"}
    said |= job.honor(end, context)
    said["kubernetes_sd_configs"] = discovery.kubernetes(role, names, context, of_prometheus, node)
    said |= job.request(end, context, of_class, values, of_prometheus)
    own_targets, series = job.closing(end, (RESOURCE, namespace, name), context, of_class, f"endpoints[{i}]")
    targets = [*_targets(spec, end, role, context), *own_targets]
    return job.finish(said, spec, targets, series, context, of_class)


def _targets(spec: ServiceMonitorSpec, end: Endpoint, role: str, context: Context) -> list[relabeling.Step]:
    meta = "endpointslice" if role == "endpointslice" else "endpoint"
    target = [f"__meta_kubernetes_{meta}_address_target_kind", f"__meta_kubernetes_{meta}_address_target_name"]
    steps = [job.JOB_NAME, *discovery.selected(spec.selector, "service"), *_port(end, meta)]
    steps += [_target_of_kind(target, "Node", "node"), _target_of_kind(target, "Pod", "pod")]
    steps += [
        relabeling.copy("__meta_kubernetes_namespace", "namespace"),
        relabeling.copy("__meta_kubernetes_service_name", "service"),
        relabeling.copy("__meta_kubernetes_pod_name", "pod"),
        relabeling.copy("__meta_kubernetes_pod_container_name", "container"),
    ]
    if end.filter_running is not False:
        steps.append(job.RUNNING)
    for part in map(relabeling.label_part, spec.target_labels):
        steps.append(relabeling.copy_if_set(f"__meta_kubernetes_service_label_{part}", part))
    steps += job.pod_labels(spec, context)
    steps.append({**relabeling.copy("__meta_kubernetes_service_name", "job"), "replacement": "${1}"})
    if spec.job_label:
        part = relabeling.label_part(spec.job_label)
        steps.append(relabeling.copy_if_set(f"__meta_kubernetes_service_label_{part}", "job"))
    shown = end.port or end.target_port
    if shown:
        steps.append(relabeling.fixed("endpoint", str(shown)))
    return steps


def _port(end: Endpoint, meta: str) -> list[relabeling.Step]:
    if end.port:
        return [relabeling.keep([f"__meta_kubernetes_{meta}_port_name"], end.port)]
    if end.target_port:
        by = "number" if isinstance(end.target_port, int) else "name"
        return [relabeling.keep([f"__meta_kubernetes_pod_container_port_{by}"], str(end.target_port))]
    return []


def _target_of_kind(source: list[str], kind: str, label: str) -> relabeling.Step:
    return {
        "source_labels": source,
        "separator": ";",
        "regex": f"{kind};(.*)",
        "replacement": "${1}",
        "target_label": label,
    }
