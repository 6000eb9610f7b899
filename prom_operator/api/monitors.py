"""ServiceMonitor and PodMonitor: what to scrape."""

from __future__ import annotations

from typing import Annotated

from common.kube.resource import POD_MONITOR, SERVICE_MONITOR
from common.resources.fields import doc
from common.resources.kind import Kind
from prom_operator.api.shared import AttachMetadata, Endpoint, LabelSelector, Limits, NamespaceSelector


class MonitorSpec(Limits, kw_only=True, frozen=True):
    """What both kinds of monitor have in common."""

    selector: Annotated[LabelSelector, doc("Labels of the Services or pods to scrape.")]
    namespace_selector: NamespaceSelector = NamespaceSelector()
    job_label: Annotated[str, doc("Label whose value becomes the job.")] = ""
    pod_target_labels: Annotated[tuple[str, ...], doc("Labels of the pod that go on its series.")] = ()
    attach_metadata: AttachMetadata | None = None
    scrape_class: Annotated[str | None, doc("Name of a scrape class of the Prometheus.")] = None
    selector_mechanism: str | None = None


class ServiceMonitorSpec(MonitorSpec, kw_only=True, frozen=True):
    """Scrapes the endpoints behind Services."""

    endpoints: tuple[Endpoint, ...] = ()
    target_labels: Annotated[tuple[str, ...], doc("Labels of the Service that go on its series.")] = ()
    service_discovery_role: str | None = None


class PodEndpoint(Endpoint, frozen=True):
    """A port of a pod."""

    port_number: Annotated[int | None, doc("Port of the pod, by number.")] = None


class PodMonitorSpec(MonitorSpec, kw_only=True, frozen=True):
    """Scrapes pods."""

    pod_metrics_endpoints: tuple[PodEndpoint, ...] = ()


SERVICE_MONITOR_KIND = Kind(
    resource=SERVICE_MONITOR,
    spec=ServiceMonitorSpec,
    status=None,
    singular="servicemonitor",
    short_names=("smon",),
    categories=("prometheus-operator",),
    preserve_unknown=True,
)
POD_MONITOR_KIND = Kind(
    resource=POD_MONITOR,
    spec=PodMonitorSpec,
    status=None,
    singular="podmonitor",
    short_names=("pmon",),
    categories=("prometheus-operator",),
    preserve_unknown=True,
)
