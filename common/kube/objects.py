"""Projections of API objects: just the fields that the operators read, decoded straight from JSON.

A projection of an object that an operator applies extends Body: its payload stays raw JSON until it has to be compared.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field


class OwnerReference(Struct, rename="camel", frozen=True):
    """Who an object belongs to."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool = False


class Meta(Struct, rename="camel", frozen=True, kw_only=True):
    """The part of metadata that decisions rest on."""

    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    owner_references: tuple[OwnerReference, ...] = ()
    creation_timestamp: str = ""
    deletion_timestamp: str | None = None

    @property
    def controller(self) -> OwnerReference | None:
        """The owner whose object this is, as the garbage collector sees it."""
        return next((o for o in self.owner_references if o.controller), None)


class Object(Struct, rename="camel", kw_only=True):
    """The least that every projection has."""

    metadata: Meta


class Body(Object, kw_only=True):
    """An object that an operator applies, kept raw so that it can be compared with what is wanted.

    `msgspec.Raw` is a window into the whole answer: without a copy of its own, one small object would keep a page of
    five hundred alive.
    """

    spec: Raw | UnsetType = UNSET
    data: Raw | UnsetType = UNSET
    string_data: Raw | UnsetType = UNSET
    type: Raw | UnsetType = UNSET
    rules: Raw | UnsetType = UNSET
    role_ref: Raw | UnsetType = UNSET
    subjects: Raw | UnsetType = UNSET
    binary_data: Raw | UnsetType = UNSET
    immutable: Raw | UnsetType = UNSET
    automount_service_account_token: Raw | UnsetType = UNSET
    image_pull_secrets: Raw | UnsetType = UNSET

    def __post_init__(self) -> None:
        for name in PAYLOAD:
            value = getattr(self, name)
            if value is not UNSET:
                setattr(self, name, value.copy())


PAYLOAD = tuple(name for name in Body.__struct_fields__ if name != "metadata")
"""The fields of a Body that are kept raw, by their Python names."""


class StatefulSetStatus(Struct, rename="camel", frozen=True):
    """How far the StatefulSet controller has come."""

    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    updated_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""


class StatefulSet(Body, kw_only=True):
    """A StatefulSet with its status."""

    status: StatefulSetStatus = StatefulSetStatus()

    @property
    def replicas(self) -> int:
        """The number of pods asked for."""
        return int(_payload(self.spec).get("replicas", 1))


class DeploymentStatus(Struct, rename="camel", frozen=True):
    """How far the Deployment controller has come."""

    observed_generation: int = 0
    ready_replicas: int = 0


class Deployment(Body, kw_only=True):
    """A Deployment with its status."""

    status: DeploymentStatus = DeploymentStatus()


class ContainerState(Struct, rename="camel", frozen=True):
    """Why a container waits or ended."""

    reason: str = ""
    message: str = ""
    exit_code: int | None = None


class ContainerStates(Struct, frozen=True):
    """At most one of the three is set."""

    waiting: ContainerState | None = None
    running: ContainerState | None = None
    terminated: ContainerState | None = None


class ContainerStatus(Struct, rename="camel", frozen=True):
    """One container of a pod."""

    name: str
    ready: bool = False
    restart_count: int = 0
    image: str = ""
    state: ContainerStates = ContainerStates()
    last_state: ContainerStates = ContainerStates()


class PodCondition(Struct, rename="camel", frozen=True):
    """A condition of a pod."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    last_transition_time: str = ""


class PodStatus(Struct, frozen=True):
    """What the kubelet says of a pod."""

    phase: str = ""
    pod_ip: str = field(default="", name="podIP")
    conditions: tuple[PodCondition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = field(default=(), name="containerStatuses")
    init_container_statuses: tuple[ContainerStatus, ...] = field(default=(), name="initContainerStatuses")


class PodContainer(Struct, frozen=True):
    """A container as the pod asks for it."""

    name: str
    image: str = ""


class PodSpec(Struct, rename="camel", frozen=True):
    """Where a pod runs and what."""

    node_name: str = ""
    containers: tuple[PodContainer, ...] = ()


class Pod(Object, kw_only=True):
    """A pod."""

    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def ready(self) -> bool:
        """True when its readiness probe passes and it is not on its way out."""
        if self.metadata.deletion_timestamp is not None:
            return False
        return any(c.type == "Ready" and c.status == "True" for c in self.status.conditions)

    @property
    def revision(self) -> str:
        """The revision of the StatefulSet's template that it was made from."""
        return self.metadata.labels.get("controller-revision-hash", "")


class Requests(Struct, frozen=True):
    """Requested resources, as quantities."""

    requests: dict[str, str] = field(default_factory=dict)


class ClaimSpec(Struct, rename="camel", frozen=True):
    """What a claim asks for."""

    storage_class_name: str | None = None
    volume_name: str = ""
    resources: Requests = Requests()


class ClaimStatus(Struct, frozen=True):
    """What a claim was given."""

    phase: str = ""
    capacity: dict[str, str] = field(default_factory=dict)


class Claim(Object, kw_only=True):
    """A PersistentVolumeClaim."""

    spec: ClaimSpec = ClaimSpec()
    status: ClaimStatus = ClaimStatus()


def _payload(raw: Raw | UnsetType) -> dict[str, Any]:
    decoded = msgspec.json.decode(raw) if isinstance(raw, Raw) else {}
    return decoded if isinstance(decoded, dict) else {}
