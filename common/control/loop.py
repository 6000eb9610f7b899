"""The loop: take a key, observe, analyze, act, report, and know when to look again."""

from __future__ import annotations

import asyncio
import logging
import time

from common.control import metrics
from common.control.carry_out import Hands, groups, needed
from common.control.decide import decide
from common.control.events import Recorder
from common.control.operator import Key, Operator, World
from common.control.plan import Call, Plan
from common.control.queue import WorkQueue
from common.control.status import merge_patch, status_of
from common.control.story import tell_conditions, tell_steps
from common.kube.apply import Applier
from common.kube.client import Client
from common.kube.errors import ApiError, Conflict, NotFound
from common.resources.decode import decode
from common.resources.kind import CustomResource

log = logging.getLogger(__name__)

LOOKS_AT_ONCE = 1000  # a cluster that does not answer holds one of these for as long as its time-outs last
SOON = 1.0  # seconds until the next look after the application was called
LONGEST_LOOK = 300.0  # seconds; a look that takes longer is cut off and counted as failed


class Controller:
    """Runs one operator's looks. One task for each look, so that no cluster waits for another."""

    def __init__(self, operator: Operator, world: World, client: Client, applier: Applier, recorder: Recorder) -> None:
        self.queue: WorkQueue[Key] = WorkQueue(operator.name)
        self._operator = operator
        self._world = world
        self._client = client
        self._applier = applier
        self._recorder = recorder
        self._hands = Hands(operator, world, client, applier)
        self._held: dict[Key, tuple[str, ...]] = {}

    async def run(self) -> None:
        """Look at keys until cancelled; looks under way are then cut off, which every step allows."""
        slots = asyncio.Semaphore(LOOKS_AT_ONCE)
        async with asyncio.TaskGroup() as looks:
            while True:
                await slots.acquire()
                key = await self.queue.get()
                looks.create_task(self._guarded(key)).add_done_callback(lambda _: slots.release())

    async def _guarded(self, key: Key) -> None:
        """One look whose failure goes to the backoff and nowhere else."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(LONGEST_LOOK):
                result = await self._look(key)
            self.queue.forget_failures(key)
        except asyncio.CancelledError:
            self.queue.add(key)  # kopf, ending, also ends what it did not start: such a look is made again
            raise
        except Conflict as conflict:
            result = "requeue"
            backoff = self.queue.add_failed(key)
            log.info("Something changed meanwhile", extra={"key": str(key), "error": str(conflict), "backoff": backoff})
        except Exception as error:
            result = "error"
            backoff = self.queue.add_failed(key)
            metrics.RECONCILE_ERRORS.labels(self._operator.name).inc()
            log.warning(
                "A look failed",
                extra={"key": str(key), "error": f"{type(error).__name__}: {error}", "backoff": round(backoff, 3)},
                exc_info=log.isEnabledFor(logging.DEBUG) or not isinstance(error, ApiError | OSError),
            )
        finally:
            self.queue.done(key)
        metrics.RECONCILES.labels(self._operator.name, result).inc()
        metrics.RECONCILE_SECONDS.labels(self._operator.name).observe(time.perf_counter() - began)

    async def _look(self, key: Key) -> str:
        resource = self._world.resource(key)
        if resource is None or resource.metadata.deletion_timestamp is not None:
            self._hold(key, ())
            return "success"
        plan = await decide(self._operator, key, resource, self._world)
        self._hold(key, tuple(reason.code for reason in plan.reasons))
        tell_conditions(self._recorder, resource, plan)
        try:
            called = await self._act(key, resource, plan)
        finally:
            await self._report(resource, plan)
        look_again = SOON if called and plan.look_again is None else plan.look_again
        if look_again is None:
            return "success"
        self.queue.add_after(key, look_again)
        return "requeue_after"

    async def _act(self, key: Key, resource: CustomResource, plan: Plan) -> bool:
        """Carry out what is needed. True when the application was called: no watch tells of what that changed."""
        steps = needed(plan.steps, self._applier)
        for group in groups(steps):
            taken = await self._hands.carry_out(key, group)
            if taken:
                log.info("Steps taken", extra={"key": str(key), "steps": list(dict.fromkeys(s.why for s in taken))})
                tell_steps(self._recorder, resource, taken)
        return any(isinstance(s.action, Call) for s in steps)

    async def _report(self, resource: CustomResource, plan: Plan) -> None:
        """Write the status if it differs from what the resource says; the answer goes into the cache at once."""
        status = status_of(self._operator, resource, plan, self._world.now)
        patch = merge_patch(resource.status, status)
        if not patch:
            return
        meta, kind = resource.metadata, resource.kind
        try:
            written = await self._client.merge_patch(
                kind.resource, meta.namespace, meta.name, {"metadata": {"uid": meta.uid}, "status": patch}, "status"
            )
        except NotFound:
            return  # deleted meanwhile
        answer = decode(kind, written)
        self._world.custom[kind.key].put(answer)
        if not _same_wish(resource, answer):
            # The answer overtook the event of an edit, which will be taken for an echo when it comes.
            self.queue.add(Key(kind.key, meta.namespace, meta.name))

    def _hold(self, key: Key, reasons: tuple[str, ...]) -> None:
        """Show in the metrics which rules hold the cluster."""
        before = self._held.pop(key, ())
        for reason in set(before) - set(reasons):
            metrics.HELD.remove(*key, reason)
        for reason in set(reasons) - set(before):
            metrics.HELD.labels(*key, reason).set(1)
        if reasons:
            self._held[key] = reasons


def _same_wish(one: CustomResource, other: CustomResource) -> bool:
    """True where nothing but the status can differ between two states of a resource."""
    before, after = one.metadata, other.metadata
    return (
        before.generation == after.generation
        and before.labels == after.labels
        and before.annotations == after.annotations
        and before.deletion_timestamp == after.deletion_timestamp
    )
