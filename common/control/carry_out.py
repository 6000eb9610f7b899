"""Carrying out a plan's steps: neighbouring applies side by side, everything else one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence

from common.control.operator import Key, Operator, World
from common.control.plan import Apply, Call, Delete, Step
from common.kube.apply import Applier
from common.kube.client import Client
from common.kube.resource import resource_of


def needed(steps: Iterable[Step], applier: Applier) -> tuple[Step, ...]:
    """The steps that would change something: an Apply whose object already is so is left out."""
    return tuple(s for s in steps if not isinstance(s.action, Apply) or applier.needed(s.action.object))


def groups(steps: Sequence[Step]) -> Iterator[tuple[Step, ...]]:
    """The steps in the portions in which they are carried out."""
    together: list[Step] = []
    for step in steps:
        if isinstance(step.action, Apply) and not step.alone:
            together.append(step)
            continue
        if together:
            yield tuple(together)
            together = []
        yield (step,)
    if together:
        yield tuple(together)


class Hands:
    """Carries out the steps of one operator's plans."""

    def __init__(self, operator: Operator, world: World, client: Client, applier: Applier) -> None:
        self._operator = operator
        self._world = world
        self._client = client
        self._applier = applier

    async def carry_out(self, key: Key, group: Sequence[Step]) -> tuple[Step, ...]:
        """Carry out one portion; returns the steps that changed something.

        Every step of it is tried; the first failure is raised when all have ended.
        """
        outcomes = await asyncio.gather(*(self._one(key, step) for step in group), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return tuple(step for step, changed in zip(group, outcomes, strict=True) if changed)

    async def _one(self, key: Key, step: Step) -> bool:
        match step.action:
            case Apply(object=manifest):
                return await self._applier.apply(manifest)
            case Delete() as delete:
                return await self._client.delete(
                    resource_of({"apiVersion": delete.api_version, "kind": delete.kind}),
                    delete.namespace,
                    delete.name,
                    uid=delete.uid,
                    resource_version=delete.resource_version,
                    propagation=delete.propagation,
                )
            case Call() as call:
                await self._operator.act(call, key, self._world, self._client)
                return True
