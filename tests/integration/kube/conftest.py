"""A client, and a namespace of its own for each test."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from common.kube.client import Client
from common.kube.config import access_from
from common.kube.resource import NAMESPACE

Requests = list[tuple[str, str]]


@pytest.fixture
def requests() -> Requests:
    """The requests of `client`: method and code."""
    return []


@pytest.fixture
async def client(kubeconfig: str, requests: Requests) -> AsyncIterator[Client]:
    async with Client(access_from(kubeconfig), lambda method, code: requests.append((method, code))) as client:
        yield client


@pytest.fixture
async def new_namespace(client: Client) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    made: list[str] = []

    async def make() -> str:
        made.append(f"kube-{uuid.uuid4().hex[:8]}")
        await client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": made[-1]}})
        return made[-1]

    yield make
    for name in made:
        await client.delete(NAMESPACE, None, name)


@pytest.fixture
async def namespace(new_namespace: Callable[[], Awaitable[str]], requests: Requests) -> str:
    name = await new_namespace()
    requests.clear()
    return name
