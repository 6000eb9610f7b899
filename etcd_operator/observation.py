"""What is seen of one cluster at one moment, and the questions that rules ask of it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

from msgspec import Struct

from common.control.operator import Key
from common.kube.objects import Meta
from common.kube.resource import Resource
from etcd_operator.api.v1 import EtcdClusterSpec
from etcd_operator.record import Record
from etcd_operator.versions import MOVE_LEADER, Version

SILENT_LONG = 300.0
"""Age in seconds at which the pod of a member that never answered is taken for one that will not come up by itself."""
CONNECTED = 8.0
"""Age in seconds of the youngest pod from which on members can be taken out. etcd refuses ("unhealthy cluster") until
all have been connected for 5 (etcdserver.HealthInterval), and a start takes a moment."""


class Volume(Enum):
    """What became of the data of a member."""

    THERE = "there"
    GONE = "gone"
    UNKNOWN = "unknown"
    """It was never seen where the member keeps its data: it has not answered since."""


class Member(Struct, frozen=True, kw_only=True):
    """A member as the cluster lists it, and as it answers itself."""

    id: int
    pod: str
    """Name of the pod that its peer URL leads to; empty for a member that is not ours."""
    url: str
    ordinal: int = -1
    """Number of that pod; -1 for a member that is not ours."""
    learner: bool = False
    started: bool = True
    """It has joined: etcd lists its clients' URLs from then on."""
    alive: bool = False
    """It answers, under this ID, and knows a leader."""
    leader: bool = False
    raft_index: int = 0
    version: Version | None = None
    volume: Volume = Volume.THERE
    pod_seconds: float = 0.0
    """Age of its pod."""

    @property
    def silent_long(self) -> bool:
        """It does not answer although its pod is there for long."""
        return not self.alive and self.pod_seconds >= SILENT_LONG


class PodSeen(Struct, frozen=True, kw_only=True):
    """A pod of the StatefulSet."""

    name: str
    ordinal: int
    uid: str
    ready: bool = False
    outdated: bool = False
    """It was made from another template than the present one."""
    terminating: bool = False
    complaint: str = ""
    """Why its container does not run, in the kubelet's words."""
    address: str = ""


class ClaimSeen(Struct, frozen=True, kw_only=True):
    """A claim of the StatefulSet."""

    name: str
    pod: str
    ordinal: int
    uid: str
    terminating: bool = False
    requested: int = 0
    """Bytes."""


class SetSeen(Struct, frozen=True, kw_only=True):
    """The StatefulSet."""

    uid: str
    replicas: int
    version: Version | None = None
    """Version of etcd in its template, as the operator noted it."""
    image: str = ""
    claim_spec: dict[str, Any] | None = None
    """Of its claim template; None for one whose members use an emptyDir."""
    settled: bool = True
    """Its controller has seen the present template, so that `PodSeen.outdated` can be relied on."""


class Observation(Struct, frozen=True, kw_only=True):
    """One cluster at one moment."""

    key: Key
    resource: Resource
    meta: Meta
    spec: EtcdClusterSpec
    not_acted_on: tuple[str, ...] = ()
    now: float = 0.0
    stateful_set: SetSeen | None = None
    record: Record | None = None
    """What was written down of the members; None before the first look."""
    pods: tuple[PodSeen, ...] = ()
    claims: tuple[ClaimSeen, ...] = ()
    members: tuple[Member, ...] = ()
    """The member list, read through the leader; empty where no quorum answers."""
    cluster_id: int = 0
    """Of the members that answer; 0 while none does."""
    foreign: tuple[str, ...] = ()
    """Pods that answer with another cluster's ID."""
    alarms: tuple[str, ...] = ()
    """Alarms that members raised: NOSPACE, CORRUPT."""
    missing_secrets: tuple[str, ...] = ()
    monitored: bool = False
    """The API server serves PodMonitors."""

    @property
    def ephemeral(self) -> bool:
        """A member's data lives and dies with its pod. What the StatefulSet was made with counts, not a later wish."""
        made = self.stateful_set
        return self.spec.storage.ephemeral if made is None else made.claim_spec is None

    @property
    def known(self) -> bool:
        """The member list is known: a quorum answers."""
        return bool(self.members)

    @property
    def untouched(self) -> bool:
        """Nothing of this cluster is there yet, not even the volumes of an earlier one of its name."""
        return self.record is None and self.stateful_set is None and not self.claims

    @property
    def bootstrapped(self) -> bool:
        """A cluster was formed; from then on no member may start without data unless it was added.

        Volumes of an earlier cluster count: its data is there, and a new cluster must not be formed beside it.
        """
        return self.known or (not self.untouched if self.record is None else self.record.existing)

    @property
    def voters(self) -> tuple[Member, ...]:
        """Members with a vote."""
        return tuple(m for m in self.members if not m.learner)

    @property
    def learner(self) -> Member | None:
        """The member that is catching up; etcd allows one."""
        return next((m for m in self.members if m.learner), None)

    @property
    def joining(self) -> tuple[Member, ...]:
        """Members that were added, or belong to the first start, and have not joined yet."""
        return tuple(m for m in self.members if not m.started)

    @property
    def leader(self) -> Member | None:
        """The leader, where it answers."""
        return next((m for m in self.members if m.leader and m.alive), None)

    @property
    def settling(self) -> bool:
        """A member that answers started so recently that etcd takes none out yet."""
        return any(m.alive and m.pod and m.pod_seconds < CONNECTED for m in self.voters)

    def quorum_without(self, *gone: Member) -> bool:
        """True when the other voters that answer can decide on their own, after these were taken out."""
        rest = [m for m in self.voters if m not in gone]
        return sum(m.alive for m in rest) >= len(rest) // 2 + 1

    def serves_without(self, member: Member) -> bool:
        """True when the other voters that answer are a majority although it stays in the list: it may restart.

        One or two members can never do without one; a restart is then the interruption that was asked for.
        """
        others = sum(m.alive for m in self.voters if m.id != member.id)
        return len(self.voters) <= 2 or others >= len(self.voters) // 2 + 1

    def must_hand_over(self, member: Member) -> bool:
        """It leads, and can pass that on before it goes; a leader from before 3.3 cannot, and the others elect."""
        able = member.version is None or member.version >= MOVE_LEADER
        return member.leader and len(self.voters) > 1 and able

    def member_of(self, pod: str) -> Member | None:
        """The member that runs in a pod."""
        return next((m for m in self.members if m.pod == pod), None)

    def pod(self, name: str) -> PodSeen | None:
        """A pod by its name."""
        return next((p for p in self.pods if p.name == name), None)

    def claim_of(self, pod: str) -> ClaimSeen | None:
        """The claim of a pod."""
        return next((c for c in self.claims if c.pod == pod), None)

    def volume_uid(self, pod: str) -> str:
        """UID of what holds a pod's data: its claim, or the pod itself; empty where there is none."""
        holder: PodSeen | ClaimSeen | None = self.pod(pod) if self.ephemeral else self.claim_of(pod)
        return holder.uid if holder is not None else ""

    @property
    def complaints(self) -> str:
        """Why pods do not run, to follow a sentence; empty where all do."""
        return "".join(f"; {p.name}: {p.complaint}" for p in self.pods if p.complaint)[:500]

    def pod_name(self, ordinal: int) -> str:
        """Name of a pod of the StatefulSet."""
        return f"{self.key.name}-{ordinal}"

    def best_successor(self, leader: Member) -> Member | None:
        """The most up-to-date healthy voter besides the leader, rather one that is to stay."""
        others = [m for m in self.voters if m.alive and m.id != leader.id]
        return max(others, key=lambda m: (m.ordinal < self.spec.size, m.raft_index, -m.ordinal), default=None)

    def versions(self) -> Iterable[Version]:
        """Versions that members run now."""
        return [m.version for m in self.members if m.version is not None]
