"""Following a real API server, also through a connection that breaks all the time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from common.kube import client as client_module
from common.kube import informer as informer_module
from common.kube.client import Client
from common.kube.codec import Bookmark
from common.kube.config import access_from
from common.kube.errors import Gone
from common.kube.informer import Informer, Watch
from common.kube.objects import Body, Object
from common.kube.resource import CONFIG_MAP, SECRET
from tests.integration.kube.proxy import proxied

OURS = "app=kube-it"


def config_map(namespace: str, name: str, **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": {"app": "kube-it"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


@asynccontextmanager
async def following(
    client: Client, namespaces: Sequence[str | None], watch: Watch[Any] | None = None
) -> AsyncIterator[Informer[Any]]:
    informer: Informer[Any] = Informer(client, watch or Watch(CONFIG_MAP, Body, OURS), namespaces)
    task = asyncio.create_task(informer.run())
    try:
        async with asyncio.timeout(10):
            await informer.synced.wait()
        yield informer
    finally:
        informer.stop()
        await task


async def until(true: Callable[[], Any], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - the state of a store is waited for
            await asyncio.sleep(0.01)


def names(informer: Informer[Any]) -> list[str]:
    return sorted(o.metadata.name for o in informer.store.all())


async def test_created_changed_and_deleted_are_told_once_each(client: Client, namespace: str) -> None:
    await client.apply(config_map(namespace, "before"), "test")
    async with following(client, [namespace]) as informer:
        told: list[tuple[bool, bool]] = []
        informer.on_change.append(lambda old, new: told.append((old is not None, new is not None)))
        assert names(informer) == ["before"]
        await client.apply(config_map(namespace, "x", a="1"), "test")
        await client.apply(config_map(namespace, "x", a="2"), "test")
        await client.delete(CONFIG_MAP, namespace, "x")
        await until(lambda: told and told[-1] == (True, False))
        assert told == [(False, True), (True, True), (True, False)]


async def test_the_answer_of_a_write_is_not_told_again_by_the_watch(client: Client, namespace: str) -> None:
    async with following(client, [namespace]) as informer:
        told: list[str] = []
        informer.on_change.append(lambda old, new: told.append(new.metadata.name if new else "-"))
        for number in range(20):
            answer = await client.apply(config_map(namespace, f"x{number:02}", a="1"), "test")
            informer.store.put(msgspec.json.decode(answer, type=Body))
        await client.apply(config_map(namespace, "last"), "test")
        await until(lambda: "last" in told)
        assert told == [f"x{number:02}" for number in range(20)] + ["last"]


async def test_what_no_longer_matches_the_selector_goes(client: Client, namespace: str) -> None:
    async with following(client, [namespace]) as informer:
        await client.apply(config_map(namespace, "x"), "test")
        await until(lambda: names(informer) == ["x"])
        await client.merge_patch(CONFIG_MAP, namespace, "x", {"metadata": {"labels": {"app": "other"}}})
        await until(lambda: names(informer) == [])


async def test_several_namespaces(client: Client, new_namespace: Callable[[], Awaitable[str]]) -> None:
    one, two, other = [await new_namespace() for _ in range(3)]
    for namespace in (one, two, other):
        await client.apply(config_map(namespace, "x"), "test")
    async with following(client, [one, two]) as informer:
        assert {o.metadata.namespace for o in informer.store.all()} == {one, two}
    async with following(client, [None]) as informer:
        assert {o.metadata.namespace for o in informer.store.all()} >= {one, two, other}


async def test_metadata_only_brings_no_payload(client: Client, namespace: str) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x", "namespace": namespace}}
    await client.create({**secret, "stringData": {"k": "v"}})
    async with following(client, [namespace], Watch(SECRET, Body, only_metadata=True)) as informer:
        assert [o.data for o in informer.store.all()] == [msgspec.UNSET]
        await client.create({**secret, "metadata": {"name": "y", "namespace": namespace}, "stringData": {"k": "v"}})
        await until(lambda: names(informer) == ["x", "y"])
        assert [o.data for o in informer.store.all()] == [msgspec.UNSET, msgspec.UNSET]


async def test_many_pages(client: Client, namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "PAGE", 7)
    await asyncio.gather(*(client.apply(config_map(namespace, f"x{n:03}"), "test") for n in range(100)))
    items, version = await client.list_(CONFIG_MAP, namespace, Object, OURS)
    assert sorted(o.metadata.name for o in items) == [f"x{n:03}" for n in range(100)]
    assert int(version) >= max(int(o.metadata.resource_version) for o in items)


async def test_a_version_long_gone_is_gone(client: Client, namespace: str) -> None:
    with pytest.raises(Gone):
        async for _ in client.watch(CONFIG_MAP, namespace, Object, "1"):
            pass


async def test_the_server_sends_bookmarks_and_ends_the_watch(
    client: Client, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The server sends one two seconds before the end that the client asked for.
    monkeypatch.setattr(client_module, "WATCH_SECONDS", (6, 6))
    _, version = await client.list_(CONFIG_MAP, namespace, Object)
    seen = [event async for event in client.watch(CONFIG_MAP, namespace, Object, version, OURS)]
    bookmarks = [e for e in seen if isinstance(e, Bookmark)]
    assert bookmarks
    assert all(int(b.resource_version) >= int(version) for b in bookmarks)


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_lost_while_connections_break(
    client: Client, kubeconfig: str, namespace: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random writes while the informer's connections are cut all the time; what it knows ends as the server has it.

    And the changes it told, taken one after another, lead there too.
    """
    monkeypatch.setattr(informer_module, "FIRST_PAUSE", 0.005)
    monkeypatch.setattr(informer_module, "LONGEST_PAUSE", 0.01)
    dice = random.Random(seed)
    told: dict[str, str] = {}
    breaks: list[str] = []

    def note(old: Body | None, new: Body | None) -> None:
        seen = new or old
        assert seen is not None
        if told.pop(seen.metadata.name, None) != (old.metadata.resource_version if old else None):
            breaks.append(seen.metadata.name)
        if new is not None:
            told[new.metadata.name] = new.metadata.resource_version

    async with proxied(access_from(kubeconfig)) as (proxy, through), Client(through) as shaky:  # noqa: SIM117
        async with following(shaky, [namespace]) as informer:
            informer.on_change.append(note)
            for number in range(300):
                name = f"x{dice.randrange(20)}"
                if dice.random() < 0.3:
                    await client.delete(CONFIG_MAP, namespace, name)
                else:
                    await client.apply(config_map(namespace, name, n=str(number)), "test")
                if dice.random() < 0.15:
                    proxy.cut()
            items, _ = await client.list_(CONFIG_MAP, namespace, Object, OURS)
            there = {o.metadata.name: o.metadata.resource_version for o in items}
            known = lambda: {o.metadata.name: o.metadata.resource_version for o in informer.store.all()}  # noqa: E731
            await until(lambda: known() == there)
            assert told == there
            assert breaks == []
            assert proxy.cuts >= 10
