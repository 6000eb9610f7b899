"""The sample's CRDs in a real API server, registered as an operator does it; gone afterwards."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from kubernetes import config as official_config

from common.kube.client import Client
from common.kube.config import access_from
from common.kube.resource import CRD, Resource
from common.resources.crd import crds_of
from common.resources.register import register
from tests.unit.resources.sample import KIND, OLD_KIND

OLD = dataclasses.replace(OLD_KIND, resource=Resource("old.sample.triad.dev", "v1", "Sample", "samples"), storage=True)
"""A type from before there were schemas, in a group of its own."""


@pytest.fixture
async def client(kubeconfig: str) -> AsyncIterator[Client]:
    async with Client(access_from(kubeconfig)) as connection:
        yield connection


@pytest.fixture(scope="session")
def api(kubeconfig: str) -> Iterator[Any]:
    connection = official_config.new_client_from_config(kubeconfig)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def registered(kubeconfig: str) -> Iterator[None]:
    """Once for a module: the API server holds a create up for two seconds after a CRD was established."""
    crds = crds_of([KIND, OLD])

    async def with_client(act: Callable[[Client], Awaitable[None]]) -> None:
        async with Client(access_from(kubeconfig)) as client:
            await act(client)

    async def remove_all(client: Client) -> None:
        for crd in crds:
            await remove(client, crd["metadata"]["name"])

    asyncio.run(with_client(lambda client: register(client, crds, "sample-operator")))
    yield
    asyncio.run(with_client(remove_all))


async def remove(client: Client, crd: str) -> None:
    """Delete a CRD and wait until it is gone."""
    await client.delete(CRD, None, crd)
    async with asyncio.timeout(20):
        while await client.get(CRD, None, crd) is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
