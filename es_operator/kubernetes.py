"""What is watched of the Kubernetes around the clusters."""

from __future__ import annotations

from common.kube.objects import Object
from common.kube.resource import Resource

CSI_DRIVER = Resource("storage.k8s.io", "v1", "CSIDriver", "csidrivers", namespaced=False)
ZONE_LABELS = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")


def zone_of(node: Object) -> str | None:
    """The zone that a machine is labelled with."""
    return next((node.metadata.labels[name] for name in ZONE_LABELS if name in node.metadata.labels), None)
