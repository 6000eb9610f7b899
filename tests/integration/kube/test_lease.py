"""Electing a leader on a real API server, and the Lease as other tools read it."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from common.kube.client import Client
from common.kube.config import access_from
from common.kube.errors import Conflict
from common.kube.lease import Election
from common.kube.resource import LEASE
from tests.integration.kube.proxy import proxied


def election(client: Client, namespace: str, name: str) -> Election:
    return Election(client, namespace, "op", name, lease_seconds=2, renew_seconds=1.2, retry_seconds=0.1)


async def test_leadership_passes_on_at_shutdown(client: Client, namespace: str) -> None:
    order: list[str] = []
    first = asyncio.create_task(election(client, namespace, "one").run(lambda: order.append("one"), order.clear))
    async with asyncio.timeout(5):
        while not order:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        second = asyncio.create_task(election(client, namespace, "two").run(lambda: order.append("two"), order.clear))
        await asyncio.sleep(0.5)
        assert order == ["one"]
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        while order != ["one", "two"]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    spec = msgspec.json.decode(await client.get(LEASE, namespace, "op") or b"")["spec"]
    assert spec["holderIdentity"] == "two"
    assert spec["leaseDurationSeconds"] == 2
    assert spec["leaseTransitions"] == 1
    assert spec["renewTime"] >= spec["acquireTime"]
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    released = msgspec.json.decode(await client.get(LEASE, namespace, "op") or b"")["spec"]
    assert released.get("holderIdentity", "") == ""
    assert released["leaseDurationSeconds"] == 1


async def test_who_is_cut_off_stops_before_the_other_begins(client: Client, kubeconfig: str, namespace: str) -> None:
    clock = asyncio.get_running_loop().time
    at: dict[str, float] = {}
    began = asyncio.Event()

    def note(what: str) -> None:
        at[what] = clock()
        began.set()

    async with proxied(access_from(kubeconfig)) as (proxy, through), Client(through) as shaky:
        one = asyncio.create_task(
            election(shaky, namespace, "one").run(lambda: note("one leads"), lambda: note("one lost"))
        )
        await asyncio.wait_for(began.wait(), 5)
        began.clear()
        two = asyncio.create_task(election(client, namespace, "two").run(lambda: note("two leads"), lambda: None))

        async def keep_cutting() -> None:
            while True:
                proxy.cut()
                await asyncio.sleep(0.001)

        cutting = asyncio.create_task(keep_cutting())
        async with asyncio.timeout(10):
            await one
            while "two leads" not in at:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        for task in (cutting, two):
            task.cancel()
        await asyncio.gather(cutting, two, return_exceptions=True)
    assert at["one lost"] < at["two leads"]


async def test_two_that_write_at_once_do_not_both_win(client: Client, namespace: str) -> None:
    leads: list[str] = []
    tasks = [
        asyncio.create_task(election(client, namespace, f"r{n}").run(lambda n=n: leads.append(f"r{n}"), leads.clear))  # type: ignore[misc]
        for n in range(10)
    ]
    await asyncio.sleep(1)
    assert len(leads) == 1
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    with pytest.raises(Conflict):
        await client.create(
            {"apiVersion": LEASE.api_version, "kind": "Lease", "metadata": {"name": "op", "namespace": namespace}}
        )
