"""PodMonitor -> scrape jobs, one for each of its endpoints."""

from __future__ import annotations

from typing import Any

from prom_operator.api.monitors import PodEndpoint, PodMonitorSpec
from prom_operator.configuration import discovery, job, relabeling
from prom_operator.configuration.context import Context
from prom_operator.configuration.references import Values

RESOURCE = "podmonitors"


def jobs(
    namespace: str, name: str, spec: PodMonitorSpec, context: Context, values: Values, of_prometheus: Values
) -> list[dict[str, Any]]:
    """The jobs of one PodMonitor. Raises LeftOut where Prometheus would not take one of them."""
    return [
        _job(namespace, name, spec, i, end, context, values, of_prometheus)
        for i, end in enumerate(spec.pod_metrics_endpoints)
    ]


def _job(
    namespace: str,
    name: str,
    spec: PodMonitorSpec,
    i: int,
    end: PodEndpoint,
    context: Context,
    values: Values,
    of_prometheus: Values,
) -> dict[str, Any]:
    of_class = context.scrape_class(spec.scrape_class)
    node = discovery.attached(spec.attach_metadata, of_class.attach_metadata) if context.since(2, 35) else None
    names = discovery.namespaces(spec.namespace_selector, namespace, context)
    said: dict[str, Any] = {"job_name": f"podMonitor/{namespace}/{name}/{i}"}
    said |= job.honor(end, context)
    said["kubernetes_sd_configs"] = discovery.kubernetes("pod", names, context, of_prometheus, node)
    said |= job.request(end, context, of_class, values, of_prometheus)
    where = f"podMetricsEndpoints[{i}]"
    own_targets, series = job.closing(end, (RESOURCE, namespace, name), context, of_class, where)
    targets = [*_targets(namespace, name, spec, end, context), *own_targets]
    return job.finish(said, spec, targets, series, context, of_class)


def _targets(
    namespace: str, name: str, spec: PodMonitorSpec, end: PodEndpoint, context: Context
) -> list[relabeling.Step]:
    steps = [job.JOB_NAME]
    if end.filter_running is not False:
        steps.append(job.RUNNING)
    steps += [*discovery.selected(spec.selector, "pod"), *_port(end)]
    steps += [
        relabeling.copy("__meta_kubernetes_namespace", "namespace"),
        relabeling.copy("__meta_kubernetes_pod_container_name", "container"),
        relabeling.copy("__meta_kubernetes_pod_name", "pod"),
    ]
    steps += job.pod_labels(spec, context)
    steps.append(relabeling.fixed("job", f"{namespace}/{name}"))
    if spec.job_label:
        part = relabeling.label_part(spec.job_label)
        steps.append(relabeling.copy_if_set(f"__meta_kubernetes_pod_label_{part}", "job"))
    shown = end.port or end.port_number or end.target_port
    if shown:
        steps.append(relabeling.fixed("endpoint", str(shown)))
    return steps


def _port(end: PodEndpoint) -> list[relabeling.Step]:
    if end.port:
        return [relabeling.keep(["__meta_kubernetes_pod_container_port_name"], end.port)]
    number = end.port_number or (end.target_port if isinstance(end.target_port, int) else None)
    if number:
        return [relabeling.keep(["__meta_kubernetes_pod_container_port_number"], str(number))]
    if end.target_port:
        return [relabeling.keep(["__meta_kubernetes_pod_container_port_name"], str(end.target_port))]
    return []
