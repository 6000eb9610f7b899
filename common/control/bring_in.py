"""kopf brings in the custom resources' events; a sweep finds what its watches cannot tell.

kopf reports no deletion that falls into the gap after a 410, so every key in the cache is checked against a list from
time to time. The first sweep runs before kopf starts: then all kinds are known before the first look, and no look
mistakes a resource that has not been read yet for one that is not there.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import logging
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from signal import SIGINT, SIGTERM
from typing import TYPE_CHECKING, Any

from common.control import metrics
from common.control.operator import Key, World
from common.kube.client import Client
from common.kube.config import Access
from common.kube.errors import ApiError
from common.kube.objects import Object
from common.resources.decode import Malformed, decode
from common.resources.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

SWEEP_SECONDS = 600.0
LOG_IN_SECONDS = 600.0  # a service account's token is renewed at 80 % of its hour
_KEPT_OUT = ("kubernetes", "kubernetes_asyncio", "pykube")


class Intake:
    """Puts custom resources into the world, and their keys on the queue when there is news."""

    def __init__(self, world: World, kinds: Sequence[Kind], enqueue: Callable[[Key], None]) -> None:
        self._world = world
        self._kinds = kinds
        self._enqueue = enqueue

    def event(self, kind: Kind, type_: str | None, body: Mapping[str, Any]) -> None:
        """An event of a watch: what it tells is put in the cache; an echo of our own write is no news."""
        try:
            resource = decode(kind, body)
        except Malformed as error:
            log.warning("A resource has no usable metadata", extra={"kind": kind.key, "error": str(error)})
            return
        meta, store = resource.metadata, self._world.custom[kind.key]
        if type_ == "DELETED":
            if not store.discard(meta.namespace, meta.name, meta.resource_version):
                return
        elif not store.put(resource):
            return
        self._news(kind, meta.namespace, meta.name)

    async def sweep(self, client: Client, namespaces: Sequence[str | None]) -> None:
        """Make the cache equal to what the API server has, and look at whatever differed."""
        for kind in self._kinds:
            store = self._world.custom[kind.key]
            present: set[tuple[str, str, str]] = set()
            before = {(r.metadata.namespace, r.metadata.name, r.metadata.uid) for r in store.all()}
            for namespace in namespaces:
                items, _ = await client.list_(kind.resource, namespace, Object)
                for meta in (item.metadata for item in items):
                    present.add((meta.namespace, meta.name, meta.uid))
                    known = store.get(meta.namespace, meta.name)
                    if known is None or known.metadata.uid != meta.uid:
                        await self._read(client, kind, meta.namespace, meta.name)
            for namespace_, name, uid in before - present:
                known = store.get(namespace_, name)
                if known is not None and known.metadata.uid == uid:
                    store.discard(namespace_, name)
                    self._news(kind, namespace_, name)

    async def sweep_for_ever(self, client: Client, namespaces: Sequence[str | None]) -> None:
        """Sweep from time to time."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            await self.sweep_or_log(client, namespaces)

    async def sweep_or_log(self, client: Client, namespaces: Sequence[str | None]) -> None:
        """Sweep; where the API server cannot be asked, the next sweep finds what this one would have."""
        try:
            await self.sweep(client, namespaces)
        except (ApiError, OSError, TimeoutError) as error:
            log.warning("A sweep failed", extra={"error": str(error)})

    async def _read(self, client: Client, kind: Kind, namespace: str, name: str) -> None:
        raw = await client.get(kind.resource, namespace, name)
        if raw is not None and self._world.custom[kind.key].put(decode(kind, raw)):
            self._news(kind, namespace, name)

    def _news(self, kind: Kind, namespace: str, name: str) -> None:
        """Look at the resource, and at those of other kinds with its name: one may wait for the other to go."""
        for key in self._world.custom:
            if key == kind.key or self._world.custom[key].get(namespace, name) is not None:
                self._enqueue(Key(key, namespace, name))
        metrics.CLUSTERS.labels(kind.key).set(len(self._world.custom[kind.key]))


async def run_kopf(
    intake: Intake,
    kinds: Sequence[Kind],
    namespaces: Sequence[str | None],
    access: Access,
    stop: asyncio.Event,
    end_work: Callable[[], Awaitable[None]],
) -> None:
    """Run kopf until `stop` is set, which a signal does too, or until it fails.

    `end_work` is awaited before kopf is through with stopping: it gives every other task of the process five seconds
    to end, and would let the Lease wait for that long.
    """
    with _without(*_KEPT_OUT):
        kopf = importlib.import_module("kopf")
    registry = kopf.OperatorRegistry()
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.watching.connect_timeout = 10.0

    @kopf.on.login(registry=registry)  # type: ignore[untyped-decorator,unused-ignore]
    def _log_in(**_: Any) -> Any:
        return _connection(kopf, access)

    @kopf.on.cleanup(registry=registry)  # type: ignore[untyped-decorator,unused-ignore]
    async def _end_work(**_: Any) -> None:
        if stop.is_set():
            await end_work()

    for kind in kinds:
        _subscribe(kopf, registry, kind, intake)
    everywhere = None in namespaces
    others = asyncio.all_tasks()
    tasks = await kopf.spawn_tasks(
        registry=registry,
        settings=settings,
        standalone=True,
        clusterwide=everywhere,
        namespaces=() if everywhere else [n for n in namespaces if n is not None],
        stop_flag=stop,
    )
    for signal in (SIGINT, SIGTERM):  # kopf has set its own in between; they stop kopf and tell nobody
        asyncio.get_running_loop().add_signal_handler(signal, stop.set)
    await kopf.run_tasks(tasks, ignored=others)


def _connection(kopf: Any, access: Access) -> Any:
    """kopf's own description of the access; one by a rotated token expires, so that kopf asks for it anew."""
    access.refresh()
    expires = datetime.now(UTC) + timedelta(seconds=LOG_IN_SECONDS) if access.token_file else None
    return kopf.ConnectionInfo(
        server=access.server,
        ca_path=access.ca_file,
        ca_data=_encoded(access.ca_data),
        insecure=access.insecure,
        certificate_data=_encoded(access.certificate),
        private_key_data=_encoded(access.key),
        token=access.token,
        default_namespace=access.namespace,
        proxy_url=access.proxy,
        expiration=expires,
    )


def _encoded(pem: bytes | None) -> str | None:
    return None if pem is None else base64.b64encode(pem).decode()


def _subscribe(kopf: Any, registry: Any, kind: Kind, intake: Intake) -> None:
    resource = kind.resource

    @kopf.on.event(resource.group, resource.version, resource.plural, registry=registry, id=kind.key)  # type: ignore[untyped-decorator,unused-ignore]
    async def _event(type: str | None, body: Mapping[str, Any], **_: Any) -> None:
        intake.event(kind, type, dict(body))


@contextmanager
def _without(*packages: str) -> Iterator[None]:
    """Import without these packages: kopf takes the official clients along where they are installed, 50 MiB of them,

    for a log-in that is done here.
    """
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in packages}
    sys.modules.update(dict.fromkeys(packages))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in packages:
            sys.modules.pop(name, None)
        sys.modules.update(kept)
