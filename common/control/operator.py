"""What an operator is: the kinds it serves, the objects it watches, and its observe, analyze and act."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from common.control.plan import Call, Plan
from common.kube.client import Client
from common.kube.informer import Watch
from common.kube.objects import Object
from common.kube.resource import Resource
from common.kube.store import Store
from common.resources.kind import CustomResource, Kind
from common.workload import names


class Key(NamedTuple):
    """Names one cluster: what stands on the queue."""

    kind: str
    """Kind and group, as `EtcdCluster.data.triad.dev`; also the value of the label names.KIND."""
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"


def owner_key(seen: Object) -> Key | None:
    """The cluster that an owned object belongs to, read back from its labels."""
    labels = seen.metadata.labels
    kind, instance = labels.get(names.KIND), labels.get(names.INSTANCE)
    return Key(kind, seen.metadata.namespace, instance) if kind and instance else None


class World:
    """What observe may read: caches only. Informers fill them, or files do under `plan`."""

    def __init__(
        self, kinds: Sequence[Kind], watches: Sequence[Watch[Any]], *, clock: Callable[[], float], offline: bool = False
    ) -> None:
        self.custom: dict[str, Store[CustomResource]] = {k.key: Store() for k in kinds}
        self.stores: dict[Resource, Store[Any]] = {w.resource: Store(w.key_of) for w in watches}
        self.offline = offline
        """True under `plan`: no application can be asked."""
        self._clock = clock

    @property
    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock()

    def resource(self, key: Key) -> CustomResource | None:
        """The custom resource of a key, as last seen."""
        return self.custom[key.kind].get(key.namespace, key.name)

    def store(self, resource: Resource) -> Store[Any]:
        """The cache of a watched resource. Raises KeyError for one that is not watched."""
        return self.stores[resource]

    def owned(self, key: Key, resource: Resource) -> list[Any]:
        """The objects of one cluster, sorted by name."""
        return self.stores[resource].of(key)

    def rival(self, key: Key) -> Key | None:
        """An older resource of another kind with the same name, which owns the object names that this one needs."""
        mine = self.resource(key)
        if mine is None:
            return None
        claims = [(mine.metadata.creation_timestamp, key)]
        for kind, store in self.custom.items():
            other = store.get(key.namespace, key.name)
            if kind != key.kind and other is not None:
                claims.append((other.metadata.creation_timestamp, Key(kind, key.namespace, key.name)))
        oldest = min(claims)[1]
        return None if oldest == key else oldest


def nothing_affected(resource: Resource, old: Any, new: Any, world: World) -> Iterable[Key]:
    """For operators whose every watched object belongs to one cluster."""
    return ()


def standard_status(resource: CustomResource, status: dict[str, Any]) -> dict[str, Any]:
    """For versions whose conditions have the standard shape."""
    return status


@dataclass(frozen=True)
class Operator:
    """One operator, wired: the core runs it without knowing which it is."""

    name: str
    """Such as `etcd-operator`: field manager, lease, source of events."""
    kinds: tuple[Kind, ...]
    """The resources whose clusters it runs, newest version first."""
    watches: tuple[Watch[Any], ...]
    observe: Callable[[Key, CustomResource, World], Awaitable[Any]]
    analyze: Callable[[Any], Plan]
    act: Callable[[Call, Key, World, Client], Awaitable[None]]
    affected: Callable[[Resource, Any, Any, World], Iterable[Key]] = field(default=nothing_affected)
    """Which clusters look again when a watched object changes that has no owner_key."""
    shape_status: Callable[[CustomResource, dict[str, Any]], dict[str, Any]] = field(default=standard_status)
    """Turns the standard status (with `conditions` and `observedGeneration`) into the shape of the resource's version;
    the last word before it is compared and written."""
    dependents: tuple[Kind, ...] = ()
    """Further types that it registers and reads by a watch (ServiceMonitor, …)."""
