"""`etcd.coreos.com/v1beta1` Cluster: the first type of coreos/etcd-operator, of 2017."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Struct, field

from common.control.plan import Refused
from common.kube.resource import Resource
from common.resources.fields import Embedded, EmbeddedList, ObjectName, Resources, Text, doc
from common.resources.kind import AGE, Column, CustomResource, Kind
from etcd_operator.api.hub import Hub
from etcd_operator.api.old import OldPod, pod_template, shared_status
from etcd_operator.api.v1 import EtcdClusterSpec, EtcdOptions, Size, Storage, Version
from etcd_operator.api.v1beta2 import DEFAULT_VERSION

StorageType = Literal["PersistentVolume", "S3", "ABS"]


class PodPolicy(Struct, rename="camel", frozen=True, kw_only=True):
    """How the members' pods are made."""

    labels: Annotated[dict[str, Text], doc('Further labels; "app" and "etcd_*" are reserved.')] = {}
    node_selector: Annotated[dict[str, Text], doc("Labels that a node must have.")] = {}
    anti_affinity: Annotated[bool, doc("No two members on one node.")] = False
    resources: Annotated[Resources, doc("Resources of etcd's container.")] = Resources()
    tolerations: Annotated[EmbeddedList, doc("Tolerations of the pods.")] = []
    etcd_env: Annotated[EmbeddedList, doc("Environment variables of etcd.")] = []


class VolumeSource(Struct, frozen=True):
    """Where backups on a volume are kept."""

    volume_size: Annotated[int | None, doc("Size of the volume in MB.")] = field(default=None, name="volumeSizeInMB")


class S3Source(Struct, rename="camel", frozen=True):
    """Where backups in S3 are kept."""

    s3_bucket: Annotated[Text | None, doc("Name of the bucket.")] = field(default=None, name="s3Bucket")
    aws_secret: Annotated[ObjectName | None, doc("Secret with the files `credentials` and `config`.")] = None
    prefix: Annotated[Text | None, doc("Prefix of the keys.")] = None


class BackupPolicy(Struct, rename="camel", frozen=True, kw_only=True):
    """Periodic backups."""

    pod: Annotated[Embedded | None, doc("How the backup pod is made.")] = None
    storage_type: Annotated[StorageType | None, doc("Where backups are kept.")] = None
    pv: Annotated[VolumeSource | None, doc("Backups on a volume.")] = None
    s3: Annotated[S3Source | None, doc("Backups in S3.")] = None
    backup_interval: Annotated[int | None, doc("Seconds between backups.")] = field(
        default=None, name="backupIntervalInSecond"
    )
    max_backups: Annotated[int | None, doc("Number of backups that are kept; 0 keeps all.")] = None
    cleanup_backups_on_cluster_delete: Annotated[bool | None, doc("Delete the backups with the cluster.")] = None


class RestorePolicy(Struct, rename="camel", frozen=True):
    """A cluster whose backup the new one starts from."""

    backup_cluster_name: Annotated[ObjectName | None, doc("Name of the cluster that was backed up.")] = None
    storage_type: Annotated[StorageType | None, doc("Where its backups are kept.")] = None


class ClusterSpec(Struct, rename="camel", frozen=True, kw_only=True):
    """The cluster that is wanted."""

    size: Annotated[Size, doc("Number of members, 1 to 7.")]
    version: Annotated[Version, doc("Version of etcd, with or without a leading v.")] = DEFAULT_VERSION
    paused: Annotated[bool, doc("Leave the cluster alone.")] = False
    pod: Annotated[PodPolicy | None, doc("How the members' pods are made.")] = None
    backup: Annotated[BackupPolicy | None, doc("Periodic backups.")] = None
    restore: Annotated[RestorePolicy | None, doc("A cluster whose backup the new one starts from.")] = None
    self_hosted: Annotated[Embedded | None, doc("Not served: etcd as the store of its own Kubernetes.")] = None
    tls: Annotated[Embedded | None, doc("Encryption between members and with clients.")] = field(
        default=None, name="TLS"
    )


def to_hub(resource: CustomResource) -> Hub:
    """The same wish in v1's words. Raises Refused for what cannot be served."""
    spec: ClusterSpec = resource.spec
    if spec.self_hosted is not None:
        raise Refused(
            "SelfHostedNotSupported",
            "spec.selfHosted: the store of the Kubernetes that this operator runs on cannot depend on it; take it out",
        )
    if spec.tls:
        raise Refused(
            "TLSNotSupported",
            "spec.TLS: TLS is not supported yet, and the cluster is not made without it unasked; take it out to do so",
        )
    pod = spec.pod or PodPolicy()
    template = pod_template(
        OldPod(
            labels=pod.labels,
            node_selector=pod.node_selector,
            anti_affinity=pod.anti_affinity,
            tolerations=pod.tolerations,
            env=pod.etcd_env,
        ),
        resource.metadata.name,
    )
    ignored = {"spec.backup": spec.backup, "spec.restore": spec.restore}
    return Hub(
        EtcdClusterSpec(
            size=spec.size,
            version=spec.version,
            paused=spec.paused,
            storage=Storage(ephemeral=True),
            etcd=EtcdOptions(auto_compaction_retention="0"),
            resources=pod.resources,
            pod_template=template,
        ),
        tuple(path for path, value in ignored.items() if value is not None),
    )


def shape_status(status: Mapping[str, Any]) -> dict[str, Any]:
    """The status as this version's users read it; `status` and `message` of conditions are new to them."""
    shaped = shared_status(status)
    shaped["conditions"] = [{**c, "transitionTime": c["lastTransitionTime"]} for c in status.get("conditions", ())]
    return shaped


KIND = Kind(
    resource=Resource("etcd.coreos.com", "v1beta1", "Cluster", "clusters"),
    spec=ClusterSpec,
    status=None,
    singular="cluster",
    columns=(
        Column("Size", ".spec.size", "integer"),
        Column("Version", ".status.currentVersion"),
        Column("Phase", ".status.phase"),
        Column("Available", '.status.conditions[?(@.type=="Available")].status'),
        AGE,
    ),
    to_hub=to_hub,
    preserve_unknown=True,
    doc="An etcd cluster, as the first coreos/etcd-operator knew it.",
)
