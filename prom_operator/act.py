"""Carry out the calls of a plan. Each can be cut off anywhere and made again."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from common.control.operator import Key, World
from common.control.plan import Call
from common.kube.client import Client
from common.kube.errors import Conflict, NotFound
from common.kube.resource import CONFIG_MAP, POD, SECRET
from prom_operator import names
from prom_operator.calls import ReadReferences, RefreshPods
from prom_operator.configuration.references import Reference
from prom_operator.reads import At, Reads, ReferredData
from prom_operator.seen import REFERRED_CONFIG_MAP, REFERRED_SECRET


async def act(call: Call, key: Key, world: World, client: Client, reads: Reads) -> None:
    """Carry out one call."""
    match call:
        case ReadReferences(references=references):
            await _read(references, world, client, reads)
        case RefreshPods(pods=pods, told=told):
            await asyncio.gather(*(_refresh(key.namespace, name, uid, str(told), client) for name, uid in pods))
        case _:
            raise TypeError(f"not a call of this operator: {type(call).__name__}")


async def _read(references: tuple[Reference, ...], world: World, client: Client, reads: Reads) -> None:
    by_object: dict[At, list[Reference]] = defaultdict(list)
    for reference in references:
        by_object[reference.source, reference.namespace, reference.name].append(reference)
    await asyncio.gather(*(_read_one(at, wanted, world, client, reads) for at, wanted in by_object.items()))


async def _read_one(at: At, references: list[Reference], world: World, client: Client, reads: Reads) -> None:
    source, namespace, name = at
    resource, cached = (SECRET, REFERRED_SECRET) if source == "Secret" else (CONFIG_MAP, REFERRED_CONFIG_MAP)
    seen = world.store(cached).get(namespace, name)
    reads.keep(references, await client.get_as(resource, namespace, name, ReferredData), seen)


async def _refresh(namespace: str, name: str, uid: str, told: str, client: Client) -> None:
    """Annotate a pod, while it is still the same one; a new pod has the new files from its start."""
    patch = {"metadata": {"uid": uid, "annotations": {names.CONFIGURATION: told}}}
    try:
        await client.merge_patch(POD, namespace, name, patch)
    except (NotFound, Conflict):
        return
