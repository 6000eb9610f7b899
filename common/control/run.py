"""The daemon: register the types, fill the caches, elect a leader, and let the loop work."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import socket
import time
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from common.control import metrics
from common.control.bring_in import Intake, run_kopf
from common.control.cli import own_namespace
from common.control.events import Recorder
from common.control.health import HealthServer
from common.control.loop import Controller
from common.control.operator import Key, Operator, World
from common.kube.apply import Applier
from common.kube.client import Client
from common.kube.config import Access, access_from
from common.kube.errors import ApiError
from common.kube.informer import FIRST_PAUSE, LONGEST_PAUSE, Informer, Pauses, Watch
from common.kube.kubeconfig import ConfigError
from common.kube.lease import Election
from common.resources.crd import crds_of
from common.resources.register import RegistrationError, register

log = logging.getLogger(__name__)

LONG_ENOUGH = 60.0  # seconds that kopf must have run for its end not to count towards the pause before the next start


async def run(operator: Operator, options: argparse.Namespace) -> int:
    """Run one operator until a signal. Returns 0 after a signal, 1 when it cannot start or cannot go on."""
    try:
        return await _run(operator, options)
    except (ConfigError, RegistrationError, ApiError) as error:
        log.error("Cannot start", extra={"operator": operator.name, "error": str(error)})
        return 1


async def _run(operator: Operator, options: argparse.Namespace) -> int:
    access = access_from(options.kubeconfig)
    home = own_namespace(access.namespace)
    namespaces: list[str | None] = [None] if options.all_namespaces else list(options.namespace or [home])
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Client(access, on_request=_count_request))
        await register(client, crds_of((*operator.kinds, *operator.dependents)), operator.name)
        world = World(operator.kinds, operator.watches, clock=time.time)
        recorder = Recorder(client, operator.name)
        stack.push_async_callback(recorder.close)
        controller = Controller(operator, world, client, Applier(client, operator.name, world.stores), recorder)
        stack.callback(controller.queue.close)
        daemon = _Daemon(operator, world, client, controller, namespaces)
        health = HealthServer(options.metrics_bind_address, lambda: daemon.ready)
        await health.start()
        stack.push_async_callback(health.close)
        election = Election(client, home, f"{operator.name}.triad.dev", identity()) if options.leader_elect else None
        return await daemon.run(access, election)


class _Daemon:
    """The tasks of one operator's process."""

    def __init__(
        self,
        operator: Operator,
        world: World,
        client: Client,
        controller: Controller,
        namespaces: Sequence[str | None],
    ) -> None:
        self.ready = False
        self._operator = operator
        self._world = world
        self._client = client
        self._controller = controller
        self._namespaces = namespaces
        self._stop = asyncio.Event()
        self._failed = False
        self._tasks: list[asyncio.Task[None]] = []
        self._intake = Intake(world, operator.kinds, controller.queue.add)

    async def run(self, access: Access, election: Election | None) -> int:
        """Fill the caches, then work until kopf ends: upon a signal, or because a watch of its own broke."""
        informers = [
            Informer(self._client, watch, self._namespaces, store=self._world.store(watch.resource))
            for watch in self._operator.watches
        ]
        for informer in informers:
            self._start(informer.run(), f"informer of {informer.watch.resource.plural}")
        try:
            await asyncio.gather(
                *(i.synced.wait() for i in informers), self._intake.sweep(self._client, self._namespaces)
            )
            for informer in informers:
                informer.on_change.append(partial(self._changed, informer.watch))
            gc.freeze()  # what start-up made stays: later collections need not walk it
            self.ready = True
            log.info("Caches are filled", extra={"operator": self._operator.name, "namespaces": self._namespaces})
            self._start(self._intake.sweep_for_ever(self._client, self._namespaces), "sweep")
            self._start(self._lead(election), "controller")
            await self._bring_in(access)
        finally:
            await self._end_work()
        return 1 if self._failed else 0

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    async def _end_work(self) -> None:
        """End everything but kopf; looks under way are cut off, and the Lease is released."""
        self.ready = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _bring_in(self, access: Access) -> None:
        """Run kopf until a signal. It ends on an ERROR in a watch, and when the API server stays away.

        Then it is started afresh, after a sweep for what was missed: caches and informers are as good as before.
        """
        pauses = Pauses(FIRST_PAUSE, LONGEST_PAUSE)
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                await run_kopf(self._intake, self._operator.kinds, self._namespaces, access, self._stop, self._end_work)
                return
            except Exception as error:
                log.warning("kopf ended, starting it afresh", extra={"error": f"{type(error).__name__}: {error}"})
            if time.monotonic() - began > LONG_ENOUGH:
                pauses.reset()
            await pauses.next()
            await self._intake.sweep_or_log(self._client, self._namespaces)

    async def _lead(self, election: Election | None) -> None:
        """Work; where a Lease decides, only while this process holds it. A process that lost it ends."""
        if election is None:
            await self._controller.run()
            return
        working: list[asyncio.Task[None]] = []

        def started() -> None:
            metrics.IS_LEADER.labels(self._operator.name).set(1)
            log.info("This replica leads")
            working.append(asyncio.create_task(self._controller.run(), name="looks"))
            working[0].add_done_callback(self._ended)

        def lost() -> None:
            metrics.IS_LEADER.labels(self._operator.name).set(0)
            log.error("The lease was lost; ending, so that only one replica acts")
            for task in working:
                task.cancel()
            self._failed = True
            self._stop.set()

        try:
            await election.run(started, lost)
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A task that ends by itself ends the process: Kubernetes starts it afresh, with nothing half alive."""
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            log.error("A part of the operator failed; ending", extra={"part": task.get_name()}, exc_info=error)
        self._failed = True
        self._stop.set()

    def _changed(self, watch: Watch[Any], old: Any, new: Any) -> None:
        """A watched object changed: its cluster looks again, or those that it affects."""
        keys: set[Key] = {k for k in map(watch.key_of, filter(None, (old, new))) if isinstance(k, Key)}
        keys.update(self._operator.affected(watch.resource, old, new, self._world))
        for key in keys:
            if key.kind in self._world.custom:
                self._controller.queue.add(key)


def identity() -> str:
    """Names this process in the Lease: host name and process, as client-go's `<host>_<unique>`."""
    return f"{socket.gethostname()}_{os.getpid()}_{time.time_ns():x}"


def _count_request(method: str, code: str) -> None:
    metrics.REQUESTS.labels(method, code).inc()
