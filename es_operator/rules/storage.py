"""Which StorageClass volumes are of, and what this Kubernetes cannot give."""

from __future__ import annotations

from es_operator.layout import Group
from es_operator.observation import Observation

DRIVER_OF_RETIRED_PROVISIONER = {
    "kubernetes.io/aws-ebs": "ebs.csi.aws.com",
    "kubernetes.io/gce-pd": "pd.csi.storage.gke.io",
    "kubernetes.io/azure-disk": "disk.csi.azure.com",
    "kubernetes.io/cinder": "cinder.csi.openstack.org",
    "kubernetes.io/vsphere-volume": "csi.vsphere.vmware.com",
}
"""Kubernetes took these provisioners out and hands their claims to CSI drivers, where those are installed.

Source: Kubernetes, "Kubernetes 1.31: completion of in-tree cloud provider removal", and the CSI migration page.
"""


def missing_driver(seen: Observation) -> str | None:
    """The CSI driver without which the provisioner that the resource names makes no volume here."""
    driver = DRIVER_OF_RETIRED_PROVISIONER.get(seen.notes.provisioner)
    if driver is None or seen.around.offline or driver in seen.around.csi_drivers:
        return None
    return driver


def class_of(seen: Observation, group: Group) -> str | None:
    """The class of a group's volumes; None is the default class.

    A class whose volumes can never be made here would keep the cluster from ever starting. The default class gives the
    data a place, and a condition says that it is not the one that was asked for.
    """
    if seen.layout.zone_classes and group.zone and missing_driver(seen):
        return None
    return group.storage_class


def zone_classes(seen: Observation) -> list[tuple[str, str]]:
    """Zones and the names of the classes to make for them. An existing class is left as it is: it may be shared."""
    if not seen.layout.zone_classes or missing_driver(seen):
        return []
    named = {g.zone: g.storage_class for g in seen.layout.groups if g.zone and g.storage_class}
    return [(zone, name) for zone, name in named.items() if name not in seen.around.storage_classes]


def missing_zones(seen: Observation) -> list[str]:
    """Zones that no machine is labelled with."""
    return [] if seen.around.offline else [z for z in seen.layout.zones if z not in seen.around.zones]
