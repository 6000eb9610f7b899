"""`etcd.database.coreos.com/v1beta2` EtcdCluster, as coreos/etcd-operator has served it since 2018."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Struct, field

from common.control.plan import Refused
from common.kube.resource import Resource
from common.resources.fields import Embedded, EmbeddedList, Image, ObjectName, Resources, Text, doc
from common.resources.kind import AGE, Column, CustomResource, Kind
from etcd_operator.api.hub import Hub
from etcd_operator.api.old import OldPod, pod_template, shared_status
from etcd_operator.api.v1 import (
    DEFAULT_REPOSITORY,
    ClusterDomain,
    EtcdClusterSpec,
    EtcdOptions,
    Size,
    Storage,
    Version,
)  # fmt: skip

DEFAULT_VERSION = "3.2.13"
"""What coreos/etcd-operator runs where no version is given."""


class PodPolicy(Struct, rename="camel", frozen=True, kw_only=True):
    """How the members' pods are made."""

    labels: Annotated[dict[str, Text], doc('Further labels; "app" and "etcd_*" are reserved.')] = {}
    node_selector: Annotated[dict[str, Text], doc("Labels that a node must have.")] = {}
    affinity: Annotated[Embedded | None, doc("Affinity of the pods.")] = None
    anti_affinity: Annotated[bool, doc("Deprecated, use affinity: no two members on one node.")] = False
    resources: Annotated[Resources, doc("Resources of etcd's container.")] = Resources()
    tolerations: Annotated[EmbeddedList, doc("Tolerations of the pods.")] = []
    etcd_env: Annotated[EmbeddedList, doc("Environment variables of etcd.")] = []
    persistent_volume_claim_spec: Annotated[
        Embedded | None, doc("Keep the data in a claim made from this; in an emptyDir if not set.")
    ] = None
    annotations: Annotated[dict[str, Text], doc("Annotations of the pods.")] = {}
    busybox_image: Annotated[Image | None, doc("Image of an init container that is no longer needed.")] = None
    security_context: Annotated[Embedded | None, doc("Security context of the pods.")] = None
    dns_timeout: Annotated[int | None, doc("Time that an init container waited for DNS; it is no longer needed.")] = (
        field(default=None, name="DNSTimeoutInSecond")
    )
    cluster_domain: Annotated[ClusterDomain | None, doc("Suffix of DNS names, such as cluster.local.")] = field(
        default=None, name="ClusterDomain"
    )


class MemberSecrets(Struct, rename="camel", frozen=True):
    """Secrets with the members' certificates."""

    peer_secret: Annotated[ObjectName | None, doc("Holds peer.crt, peer.key and peer-ca.crt.")] = None
    server_secret: Annotated[ObjectName | None, doc("Holds server.crt, server.key and server-ca.crt.")] = None


class StaticTLS(Struct, rename="camel", frozen=True):
    """Certificates that the user makes."""

    member: Annotated[MemberSecrets | None, doc("The members' certificates.")] = None
    operator_secret: Annotated[
        ObjectName | None, doc("Holds etcd-client.crt, etcd-client.key and etcd-client-ca.crt.")
    ] = None


class TLSPolicy(Struct, frozen=True):
    """Encryption between members and with clients."""

    static: Annotated[StaticTLS | None, doc("Certificates that the user makes.")] = None


class EtcdClusterSpecV1Beta2(Struct, rename="camel", frozen=True, kw_only=True):
    """The cluster that is wanted."""

    size: Annotated[Size, doc("Number of members, 1 to 7.")]
    repository: Annotated[Image, doc("Where the image is pulled from; its tag is v<version>.")] = DEFAULT_REPOSITORY
    version: Annotated[Version, doc("Version of etcd, with or without a leading v.")] = DEFAULT_VERSION
    paused: Annotated[bool, doc("Leave the cluster alone.")] = False
    pod: Annotated[PodPolicy | None, doc("How the members' pods are made.")] = None
    tls: Annotated[TLSPolicy | None, doc("Encryption between members and with clients.")] = field(
        default=None, name="TLS"
    )


def to_hub(resource: CustomResource) -> Hub:
    """The same wish in v1's words. Raises Refused for what cannot be served."""
    spec: EtcdClusterSpecV1Beta2 = resource.spec
    if spec.tls is not None and spec.tls.static is not None:
        raise Refused(
            "TLSNotSupported",
            "spec.TLS: TLS is not supported yet, and the cluster is not made without it unasked; take it out to do so",
        )
    pod = spec.pod or PodPolicy()
    template = pod_template(
        OldPod(
            labels=pod.labels,
            annotations=pod.annotations,
            node_selector=pod.node_selector,
            affinity=pod.affinity,
            anti_affinity=pod.anti_affinity,
            tolerations=pod.tolerations,
            env=pod.etcd_env,
            security_context=pod.security_context,
        ),
        resource.metadata.name,
    )
    ignored = {"spec.pod.busyboxImage": pod.busybox_image, "spec.pod.DNSTimeoutInSecond": pod.dns_timeout}
    return Hub(
        EtcdClusterSpec(
            size=spec.size,
            version=spec.version,
            repository=spec.repository,
            paused=spec.paused,
            storage=Storage(ephemeral=True)
            if pod.persistent_volume_claim_spec is None
            else Storage(claim_spec=pod.persistent_volume_claim_spec),
            etcd=EtcdOptions(auto_compaction_retention="0"),
            resources=pod.resources,
            pod_template=template,
            cluster_domain=pod.cluster_domain or None,
        ),
        tuple(path for path, value in ignored.items() if value is not None),
    )


_KINDS_OF_PROGRESS = {
    "Resizing": "Scaling", "Replacing": "Recovering", "Joining": "Recovering", "Rolling": "Upgrading",
}  # fmt: skip
"""The condition types by which this version's users know what is under way."""


def shape_status(status: Mapping[str, Any]) -> dict[str, Any]:
    """The status as this version's users read it."""
    shaped = shared_status(status)
    conditions = [*status.get("conditions", ())]
    progressing = next((c for c in conditions if c["type"] == "Progressing" and c["status"] == "True"), None)
    if progressing is not None and (type_ := _KINDS_OF_PROGRESS.get(progressing["reason"])):
        conditions = [*(c for c in conditions if c["type"] != type_), {**progressing, "type": type_}]
    shaped["conditions"] = [{**c, "lastUpdateTime": c["lastTransitionTime"]} for c in conditions]
    shaped.update({k: status[k] for k in ("serviceName", "clientPort") if k in status})
    return shaped


KIND = Kind(
    resource=Resource("etcd.database.coreos.com", "v1beta2", "EtcdCluster", "etcdclusters"),
    spec=EtcdClusterSpecV1Beta2,
    status=None,
    singular="etcdcluster",
    short_names=("etcd",),
    columns=(
        Column("Size", ".spec.size", "integer"),
        Column("Version", ".status.currentVersion"),
        Column("Phase", ".status.phase"),
        Column("Available", '.status.conditions[?(@.type=="Available")].status'),
        AGE,
    ),
    to_hub=to_hub,
    preserve_unknown=True,
    doc="An etcd cluster, as coreos/etcd-operator knew it.",
)
