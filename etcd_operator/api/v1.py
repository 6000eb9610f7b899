"""`data.triad.dev/v1` EtcdCluster: the hub type, which every older one is converted to."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from common.kube.resource import Resource
from common.resources.fields import (
    SUBDOMAIN_PATTERN,
    Conditions,
    Embedded,
    GoDuration,
    Image,
    ObjectName,
    Quantity,
    Resources,
    doc,
    matching,
)  # fmt: skip
from common.resources.kind import AGE, Column, Kind, Scale

DEFAULT_REPOSITORY = "quay.io/coreos/etcd"
VERSION_PATTERN = r"v?[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(-[0-9A-Za-z.-]{1,40})?"
Version = Annotated[str, matching(VERSION_PATTERN), Meta(max_length=64)]
ClusterDomain = Annotated[str, Meta(pattern=SUBDOMAIN_PATTERN, max_length=120)]
Size = Annotated[int, Meta(ge=1, le=7)]


class Storage(Struct, rename="camel", frozen=True):
    """Where each member keeps its data."""

    size: Annotated[Quantity, doc("Size of each member's volume. It may grow, never shrink.", defaulted=True)] = "8Gi"
    storage_class_name: Annotated[
        ObjectName | None, doc("Class of the volumes; the cluster's default class if not set.")
    ] = None
    ephemeral: Annotated[
        bool,
        doc("Keep the data in an emptyDir. A member then loses its data with its pod, and all data is lost when a "
            "majority of the pods goes at once."),
    ] = False  # fmt: skip
    claim_spec: Annotated[
        Embedded | None, doc("A whole claim spec, for what the other fields cannot say. It wins over them.")
    ] = None
    when_deleted: Annotated[
        Literal["Retain", "Delete"],
        doc("What becomes of the volumes when the resource is deleted. With Retain, a resource of the same name finds "
            "its data again.", defaulted=True),
    ] = "Retain"  # fmt: skip


class EtcdOptions(Struct, rename="camel", frozen=True):
    """Settings of etcd itself; what is not set is left to etcd, but for compaction."""

    quota_backend: Annotated[Quantity | None, doc("Size that the database may grow to; etcd's default is 2Gi.")] = None
    auto_compaction_mode: Annotated[
        Literal["periodic", "revision"], doc("Whether autoCompactionRetention is a time or a number of revisions.")
    ] = "periodic"
    auto_compaction_retention: Annotated[
        str, doc("History that is kept: a duration, or a number of revisions; 0 turns compaction off."),
        matching(r"[0-9]{1,9}(ms|s|m|h)?"),
    ] = "1h"  # fmt: skip
    heartbeat_interval: Annotated[GoDuration | None, doc("Time between the leader's heartbeats.")] = None
    election_timeout: Annotated[GoDuration | None, doc("Time without heartbeats until followers elect anew.")] = None
    snapshot_count: Annotated[Annotated[int, Meta(ge=1)] | None, doc("Committed entries between raft snapshots.")] = (
        None
    )
    max_request: Annotated[Quantity | None, doc("Largest request that is accepted.")] = None
    log_level: Annotated[Literal["debug", "info", "warn", "error"] | None, doc("How much etcd logs.")] = None
    corruption_check: Annotated[
        bool, doc("Compare with the other members before a started member serves (3.4 and later).")
    ] = True


class EtcdClusterSpec(Struct, rename="camel", frozen=True, kw_only=True):
    """The cluster that is wanted."""

    size: Annotated[Size, doc("Number of members; odd, or failures are tolerated no better than with one less.",
                              defaulted=True)] = 3  # fmt: skip
    version: Annotated[Version, doc("Version of etcd, such as 3.6.16; with or without a leading v.")]
    repository: Annotated[Image, doc("Where the image is pulled from; its tag is v<version>.", defaulted=True)] = (
        DEFAULT_REPOSITORY
    )
    image: Annotated[Image | None, doc("The whole image, where repository and version do not name it.")] = None
    paused: Annotated[bool, doc("Leave the cluster alone: nothing is created, changed or healed.")] = False
    storage: Annotated[Storage, doc("Where each member keeps its data.")] = Storage()
    etcd: Annotated[EtcdOptions, doc("Settings of etcd itself.")] = EtcdOptions()
    resources: Annotated[Resources, doc("Resources of each member's container.")] = Resources()
    pod_template: Annotated[
        Embedded, doc("A pod template (metadata and spec) merged over the members' pods; the container is named etcd.")
    ] = {}
    cluster_domain: Annotated[
        ClusterDomain | None,
        doc("Suffix of DNS names, such as cluster.local; the pods' search path completes them if not set."),
    ] = None


class EtcdMember(Struct, rename="camel", frozen=True):
    """One member as its cluster lists it."""

    name: str
    id: Annotated[str, doc("Its ID in hexadecimal, as etcdctl prints it.")]
    role: Annotated[str, doc("Leader, Follower, Learner or Unreachable.")]
    version: str = ""


class EtcdClusterStatus(Struct, rename="camel", frozen=True, kw_only=True):
    """The cluster as it is."""

    phase: Annotated[str, doc("In one word: Pending, Creating, Running, Paused, Failed.")] = ""
    size: Annotated[int, doc("Voting members.")] = 0
    ready_members: Annotated[int, doc("Members that answer.")] = 0
    members: list[EtcdMember] = []
    current_version: str = ""
    target_version: str = ""
    cluster_id: Annotated[str, doc("The cluster's ID in hexadecimal.")] = ""
    service_name: Annotated[str, doc("Service for clients.")] = ""
    client_port: int = 0
    selector: Annotated[str, doc("Label selector of the members' pods.")] = ""
    conditions: Conditions = []
    observed_generation: int = 0


COLUMNS = (
    Column("Size", ".spec.size", "integer", "Members wanted"),
    Column("Ready", ".status.readyMembers", "integer", "Members that answer"),
    Column("Version", ".status.currentVersion", description="Lowest version of the members"),
    Column("Phase", ".status.phase"),
    Column("Available", '.status.conditions[?(@.type=="Available")].status'),
    Column("Reason", '.status.conditions[?(@.type=="Progressing")].reason', priority=1),
    AGE,
)

KIND = Kind(
    resource=Resource("data.triad.dev", "v1", "EtcdCluster", "etcdclusters"),
    spec=EtcdClusterSpec,
    status=EtcdClusterStatus,
    singular="etcdcluster",
    short_names=("etcd",),
    categories=("triad",),
    columns=COLUMNS,
    scale=Scale(".spec.size", ".status.size", ".status.selector"),
    doc="An etcd cluster.",
)
