from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from common.kube.client import Client
from common.kube.lease import Election
from tests.unit.kube.apiserver import ApiServer, failure, until


class Replica:
    """One process that wants to lead."""

    def __init__(self, client: Client, name: str, **seconds: Any) -> None:
        given = {"lease_seconds": 1, "renew_seconds": 0.6, "retry_seconds": 0.05} | seconds
        self.election = Election(client, "home", "op", name, **given)
        self.leads = False
        self.lost = False

    async def run(self) -> None:
        try:
            await self.election.run(lambda: setattr(self, "leads", True), lambda: setattr(self, "lost", True))
        finally:
            self.leads = False


@asynccontextmanager
async def running(*replicas: Replica) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.create_task(r.run()) for r in replicas]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def spec(api: ApiServer) -> dict[str, Any]:
    found: dict[str, Any] = api.objects["leases"]["home", "op"]["spec"]
    return found


async def test_one_leads_and_renews_with_one_request() -> None:
    api = ApiServer()
    async with api.client() as client:
        one = Replica(client, "one")
        async with running(one):
            await until(lambda: one.leads)
            assert spec(api)["holderIdentity"] == "one"
            assert spec(api)["leaseTransitions"] == 0
            first = spec(api)["renewTime"]
            api.requests.clear()
            await until(lambda: spec(api)["renewTime"] != first and len(api.requests) > 2)
            assert {m for m, _ in api.requests} == {"PATCH"}


async def test_the_second_waits_and_takes_over_at_once_when_the_first_ends() -> None:
    api = ApiServer()
    async with api.client() as client:
        one, two = Replica(client, "one", lease_seconds=60), Replica(client, "two", lease_seconds=60)
        async with running(one) as (task,):
            await until(lambda: one.leads)
            async with running(two):
                await asyncio.sleep(0.2)
                assert not two.leads
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                assert spec(api)["holderIdentity"] == ""
                assert spec(api)["leaseDurationSeconds"] == 1
                await until(lambda: two.leads, 1)
                assert spec(api)["leaseTransitions"] == 1
                assert not one.lost


async def test_a_holder_that_died_is_followed_when_its_lease_ran_out_by_our_own_clock() -> None:
    api = ApiServer()
    dead = {
        "metadata": {"name": "op", "namespace": "home"},
        # Its clock is years ahead; only that nothing changes counts.
        "spec": {"holderIdentity": "dead", "leaseDurationSeconds": 1, "renewTime": "2099-01-01T00:00:00.000000Z"},
    }
    await api.put("leases", dead)
    async with api.client() as client:
        one = Replica(client, "one")
        clock = asyncio.get_running_loop().time
        before = clock()
        async with running(one):
            await until(lambda: one.leads)
            assert clock() - before >= 1


async def test_a_holder_that_renews_is_never_followed() -> None:
    api = ApiServer()
    async with api.client() as client:
        one, two = (Replica(client, name, lease_seconds=2, renew_seconds=1.5) for name in ("one", "two"))
        async with running(one):
            await until(lambda: one.leads)
            async with running(two):
                await asyncio.sleep(2.5)
                assert one.leads
                assert not two.leads


async def test_who_cannot_renew_in_time_has_lost_before_another_may_take_over() -> None:
    api = ApiServer()
    async with api.client() as client:
        one = Replica(client, "one", lease_seconds=5, renew_seconds=1)
        async with running(one) as (task,):
            await until(lambda: one.leads)
            api.answers.extend(failure(500, "InternalError") for _ in range(100))
            clock = asyncio.get_running_loop().time
            before = clock()
            await asyncio.wait_for(task, 10)
            assert one.lost
            assert clock() - before < 5  # when the lease runs out


async def test_a_short_outage_costs_nothing() -> None:
    api = ApiServer()
    async with api.client() as client:
        one = Replica(client, "one", lease_seconds=3, renew_seconds=2)
        async with running(one):
            await until(lambda: one.leads)
            api.answers.extend(failure(500, "InternalError") for _ in range(3))
            await until(lambda: not api.answers)
            await asyncio.sleep(2.2)
            assert one.leads
            assert not one.lost


async def test_a_lease_taken_by_force_is_lost_at_once() -> None:
    api = ApiServer()
    async with api.client() as client:
        one = Replica(client, "one", lease_seconds=60, renew_seconds=50)
        async with running(one) as (task,):
            await until(lambda: one.leads)
            taken = json.loads(json.dumps(api.objects["leases"]["home", "op"]))
            taken["spec"]["holderIdentity"] = "thief"
            await api.put("leases", taken)
            await asyncio.wait_for(task, 10)
            assert one.lost
            assert spec(api)["holderIdentity"] == "thief"


async def test_somebody_who_only_touches_the_lease_takes_nothing() -> None:
    api = ApiServer()
    async with api.client() as client:
        one = Replica(client, "one")
        async with running(one):
            await until(lambda: one.leads)
            touched = json.loads(json.dumps(api.objects["leases"]["home", "op"]))
            touched["metadata"]["labels"] = {"a": "b"}
            await api.put("leases", touched)
            before = spec(api)["renewTime"]
            await until(lambda: spec(api)["renewTime"] != before)
            assert one.leads


async def test_it_is_released_also_when_its_last_renewal_was_not_waited_for() -> None:
    api = ApiServer()
    async with api.client() as client:
        one = Replica(client, "one", lease_seconds=60, renew_seconds=50, retry_seconds=20)
        async with running(one) as (task,):
            await until(lambda: one.leads)
            renewed = json.loads(json.dumps(api.objects["leases"]["home", "op"]))
            await api.put("leases", renewed)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert spec(api)["holderIdentity"] == ""


async def test_of_many_that_start_together_one_leads() -> None:
    api = ApiServer()
    async with api.client() as client:
        replicas = [Replica(client, f"r{n}") for n in range(8)]
        async with running(*replicas):
            await asyncio.sleep(0.5)
            assert sum(r.leads for r in replicas) == 1


def test_times_that_cannot_work_are_refused() -> None:
    with pytest.raises(ValueError, match="outlast"):
        Election(None, "a", "b", "c", lease_seconds=5, renew_seconds=5)  # type: ignore[arg-type]
