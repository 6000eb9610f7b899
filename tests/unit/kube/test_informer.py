from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from common.kube import informer as module
from common.kube.informer import Informer, Watch
from common.kube.objects import Meta, Object
from common.kube.resource import CONFIG_MAP, NAMESPACE
from tests.unit.kube.apiserver import ApiServer, config_map, failure, line, until

Changes = list[tuple[str, str]]
WATCH = Watch(CONFIG_MAP, Object)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)


@asynccontextmanager
async def following(
    api: ApiServer, namespaces: Sequence[str | None] = (None,), watch: Watch[Object] = WATCH
) -> AsyncIterator[tuple[Informer[Object], Changes]]:
    """An informer that has listed, and what it told."""
    told: Changes = []

    def note(old: Object | None, new: Object | None) -> None:
        seen = new or old
        assert seen is not None
        kind = "+" if old is None else "-" if new is None else "*"
        told.append((kind, seen.metadata.name))

    async with api.client() as client:
        informer = Informer(client, watch, namespaces)
        informer.on_change.append(note)
        task = asyncio.create_task(informer.run())
        async with asyncio.timeout(5):
            await informer.synced.wait()
        try:
            yield informer, told
        finally:
            informer.stop()
            await task


def names(informer: Informer[Object]) -> list[str]:
    return sorted(o.metadata.name for o in informer.store.all())


async def test_what_is_there_and_what_changes_is_told_once() -> None:
    api = ApiServer()
    await api.put("configmaps", config_map("x"))
    async with following(api) as (informer, told):
        await api.put("configmaps", config_map("y"))
        await api.put("configmaps", config_map("x", k="2"))
        await api.remove("configmaps", "a", "y")
        await until(lambda: len(told) == 4)
        assert told == [("+", "x"), ("+", "y"), ("*", "x"), ("-", "y")]
        assert names(informer) == ["x"]
        assert [m for m, _ in api.requests] == ["GET", "WATCH"]


async def test_a_cut_watch_goes_on_from_where_it_was() -> None:
    api = ApiServer()
    async with following(api) as (informer, told):
        await api.put("configmaps", config_map("x"))
        await until(lambda: told)
        api.cut_watches()
        await api.put("configmaps", config_map("y"))
        await api.remove("configmaps", "a", "x")
        await until(lambda: names(informer) == ["y"])
        assert told == [("+", "x"), ("+", "y"), ("-", "x")]
        assert [m for m, _ in api.requests].count("GET") == 1


@pytest.mark.parametrize("in_band", [True, False])
async def test_after_410_all_is_listed_and_deletions_are_reported(in_band: bool) -> None:
    api = ApiServer()
    for name in "xyz":
        await api.put("configmaps", config_map(name))
    async with following(api) as (informer, told):
        await until(lambda: api.watching.is_set())
        api.gone_in_band = in_band
        api.compacted = api.version + 3
        told.clear()
        del api.objects["configmaps"]["a", "x"]  # nobody is told
        api.version += 2
        await asyncio.sleep(0)
        api.objects["configmaps"]["a", "y"]["metadata"]["resourceVersion"] = str(api.version)
        api.version += 1
        api.cut_watches()
        await until(lambda: len(told) == 2)
        assert sorted(told) == [("*", "y"), ("-", "x")]
        assert names(informer) == ["y", "z"]


async def test_an_error_in_the_watch_makes_it_list_again() -> None:
    api = ApiServer()
    await api.put("configmaps", config_map("x"))
    status = {"kind": "Status", "code": 500, "reason": "InternalError", "message": "etcd is away"}
    api.watch_lines.append(line("ERROR", status).decode())
    async with following(api) as (_, _told):
        await until(lambda: api.watching.is_set())
        assert [m for m, _ in api.requests] == ["GET", "WATCH", "GET", "WATCH"]


async def test_a_server_that_cannot_list_yet_is_asked_again() -> None:
    api = ApiServer()
    api.answers.extend([failure(500, "InternalError"), failure(403, "Forbidden"), failure(404, "NotFound")])
    await api.put("configmaps", config_map("x"))
    async with following(api) as (informer, _):
        assert names(informer) == ["x"]


async def test_bookmarks_move_the_place_to_go_on_from() -> None:
    api = ApiServer()
    bookmark = {"kind": "ConfigMap", "metadata": {"resourceVersion": "4711", "creationTimestamp": None}, "data": None}
    api.watch_lines.append(line("BOOKMARK", bookmark).decode())
    async with following(api):
        await until(lambda: api.watching.is_set())
        assert "resourceVersion=4711" in api.requests[-1][1]


async def test_an_object_that_cannot_be_read_blinds_nobody() -> None:
    api = ApiServer()
    await api.put("configmaps", config_map("odd"))
    async with following(api) as (informer, told):
        odd: dict[str, Any] = json.loads(json.dumps(config_map("odd")))
        odd["metadata"]["labels"] = {"a": 1}
        await api.put("configmaps", odd)
        await api.put("configmaps", config_map("x"))
        await until(lambda: ("+", "x") in told)
        assert names(informer) == ["odd", "x"]  # what was known of it is kept
        api.compacted = api.version + 1
        api.version += 1
        await api.put("configmaps", config_map("y"))
        api.cut_watches()
        await until(lambda: ("+", "y") in told)
        assert names(informer) == ["odd", "x", "y"]  # by a list, too


async def test_an_event_older_than_what_is_known_changes_nothing() -> None:
    api = ApiServer()
    async with following(api) as (informer, told):
        await api.put("configmaps", config_map("x"))
        await until(lambda: told)
        api.version += 5
        decode = informer.store.decode
        assert decode is not None
        ahead = config_map("x", k="written")
        ahead["metadata"]["resourceVersion"] = str(api.version)
        informer.store.put(decode(json.dumps(ahead).encode()))
        stale = config_map("x", k="stale")
        stale["metadata"]["resourceVersion"] = str(api.version - 1)
        api.history.append((api.version - 1, "configmaps", "MODIFIED", stale))
        await api.put("configmaps", config_map("y"))
        await until(lambda: ("+", "y") in told)
        assert told == [("+", "x"), ("*", "x"), ("+", "y")]


async def test_an_object_written_while_the_list_was_on_its_way_stays() -> None:
    api = ApiServer()
    async with following(api) as (informer, told):
        await api.put("configmaps", config_map("old"))
        await until(lambda: told)
        decode = informer.store.decode
        assert decode is not None

        def written_meanwhile() -> None:
            made = config_map("made")
            made["metadata"]["resourceVersion"] = str(api.version + 50)
            informer.store.put(decode(json.dumps(made).encode()))

        api.on_page = written_meanwhile
        api.compacted = api.version + 1
        api.version += 1
        del api.objects["configmaps"]["a", "old"]
        api.cut_watches()
        await until(lambda: ("-", "old") in told)
        assert names(informer) == ["made"]


async def test_several_namespaces_are_one_store_and_do_not_disturb_each_other() -> None:
    api = ApiServer()
    for namespace in ("a", "b", "c"):
        await api.put("configmaps", config_map("x", namespace))
    async with following(api, ["a", "b", "a"]) as (informer, told):
        assert sorted(o.metadata.namespace for o in informer.store.all()) == ["a", "b"]
        await api.put("configmaps", config_map("y", "b"))
        await until(lambda: ("+", "y") in told)
        assert [m for m, _ in api.requests].count("GET") == 2


async def test_it_counts_as_synced_only_when_every_namespace_was_listed() -> None:
    api = ApiServer()
    api.answers.append(failure(403, "Forbidden"))
    async with api.client() as client:
        informer = Informer(client, WATCH, ["a", "b"])
        task = asyncio.create_task(informer.run())
        await until(lambda: len(api.requests) >= 2)
        async with asyncio.timeout(5):
            await informer.synced.wait()
        assert sum(m == "GET" for m, _ in api.requests) == 3
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_cluster_wide_resources_are_watched_once() -> None:
    api = ApiServer()
    async with following(api, ["a", "b"], Watch(NAMESPACE, Object)):
        assert api.requests[0] == ("GET", "/api/v1/namespaces?limit=500")


async def test_metadata_alone_is_asked_for() -> None:
    api = ApiServer()
    async with following(api, watch=Watch(CONFIG_MAP, Object, "app=x", only_metadata=True)):
        await until(lambda: len(api.headers) == 2)
        assert "as=PartialObjectMetadataList" in api.headers[0]["Accept"]
        assert "as=PartialObjectMetadata;" in api.headers[1]["Accept"]
        assert all("labelSelector=app%3Dx" in path for _, path in api.requests)


async def test_stopping_ends_the_run_and_keeps_the_store() -> None:
    api = ApiServer()
    await api.put("configmaps", config_map("x"))
    async with following(api) as (informer, _):
        informer.stop()
    assert names(informer) == ["x"]


async def test_waits_between_tries_grow_to_a_limit() -> None:
    pauses = module.Pauses(first=0.001, longest=0.004)
    for _ in range(5):
        await pauses.next()
    assert pauses._upcoming == 0.004
    pauses.reset()
    assert pauses._upcoming == 0.001


@dataclass
class Box:
    """A view that msgspec cannot build by itself."""

    metadata: Meta
    size: int


def decode_box(raw: msgspec.Raw | bytes) -> Box:
    whole = msgspec.json.decode(raw)
    return Box(msgspec.convert(whole["metadata"], Meta), msgspec.convert(whole["data"]["size"], int, strict=False))


async def test_a_view_may_bring_its_own_decoder() -> None:
    api = ApiServer()
    await api.put("configmaps", config_map("x", size="1"))
    await api.put("configmaps", config_map("odd", size="huge"))
    async with api.client() as client:
        informer = Informer(client, Watch(CONFIG_MAP, Box, decode=decode_box), [None])
        task = asyncio.create_task(informer.run())
        await until(lambda: informer.synced.is_set() and api.watching.is_set())
        await api.put("configmaps", config_map("x", size="2"))
        await api.put("configmaps", config_map("odd", size="3"))
        await until(lambda: len(informer.store) == 2)
        assert {b.metadata.name: b.size for b in informer.store.all()} == {"x": 2, "odd": 3}
        informer.stop()
        await task
