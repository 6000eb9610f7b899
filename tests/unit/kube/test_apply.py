from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from common.kube.apply import Applier, apply
from common.kube.codec import codec_of
from common.kube.compare import stamped
from common.kube.objects import Body
from common.kube.resource import CONFIG_MAP, SECRET
from common.kube.store import Store
from tests.unit.kube.apiserver import ApiServer, config_map


def body_store() -> Store[Any]:
    store: Store[Any] = Store()
    store.decode = codec_of(Body).decode
    return store


def writes(api: ApiServer) -> int:
    return sum(method == "PATCH" for method, _ in api.requests)


async def test_a_first_apply_creates_and_its_answer_is_known_at_once() -> None:
    api, store = ApiServer(), body_store()
    async with api.client() as client:
        applier = Applier(client, "m", {CONFIG_MAP: store})
        assert applier.needed(config_map("x", k="1"))
        assert await applier.apply(config_map("x", k="1"))
        assert store.get("a", "x") is not None
        assert not applier.needed(config_map("x", k="1"))
        assert not await applier.apply(config_map("x", k="1"))
        assert writes(api) == 1


async def test_a_change_of_the_manifest_is_applied() -> None:
    api = ApiServer()
    async with api.client() as client:
        applier = Applier(client, "m", {CONFIG_MAP: body_store()})
        await applier.apply(config_map("x", k="1"))
        assert applier.needed(config_map("x", k="2"))
        assert await applier.apply(config_map("x", k="2"))
        assert writes(api) == 2


async def test_what_somebody_else_changed_is_put_right() -> None:
    api, store = ApiServer(), body_store()
    async with api.client() as client:
        applier = Applier(client, "m", {CONFIG_MAP: store})
        await applier.apply(config_map("x", k="1"))
        drifted = json.loads(json.dumps(api.objects["configmaps"]["a", "x"]))
        drifted["data"]["k"] = "hacked"
        await api.put("configmaps", drifted)
        store.put(codec_of(Body).decode(json.dumps(drifted).encode()))
        assert applier.needed(config_map("x", k="1"))
        assert await applier.apply(config_map("x", k="1"))
        assert api.objects["configmaps"]["a", "x"]["data"]["k"] == "1"


async def test_what_somebody_else_deleted_is_made_again() -> None:
    api, store = ApiServer(), body_store()
    async with api.client() as client:
        applier = Applier(client, "m", {CONFIG_MAP: store})
        await applier.apply(config_map("x", k="1"))
        await api.remove("configmaps", "a", "x")
        store.discard("a", "x", str(api.version))
        assert applier.needed(config_map("x", k="1"))
        assert await applier.apply(config_map("x", k="1"))


async def test_a_webhook_that_insists_is_reported_once_and_not_fought(caplog: pytest.LogCaptureFixture) -> None:
    api = ApiServer()
    api.mutate = lambda written: written["data"].update(k="the webhook's")
    async with api.client() as client:
        applier = Applier(client, "m", {CONFIG_MAP: body_store()})
        with caplog.at_level(logging.WARNING):
            for _ in range(5):
                await applier.apply(config_map("x", k="ours", other="1"))
        assert writes(api) == 1
        assert len(caplog.records) == 1
        assert caplog.records[0].__dict__["fields"] == ["data.k"]


async def test_beside_what_a_webhook_keeps_other_changes_are_still_put_right() -> None:
    api, store = ApiServer(), body_store()
    api.mutate = lambda written: written["data"].update(k="the webhook's")
    async with api.client() as client:
        applier = Applier(client, "m", {CONFIG_MAP: store})
        await applier.apply(config_map("x", k="ours", other="1"))
        drifted = json.loads(json.dumps(api.objects["configmaps"]["a", "x"]))
        drifted["data"]["other"] = "2"
        await api.put("configmaps", drifted)
        store.put(codec_of(Body).decode(json.dumps(drifted).encode()))
        assert applier.needed(config_map("x", k="ours", other="1"))


async def test_an_object_made_anew_by_another_is_not_covered_by_what_was_kept_before() -> None:
    api, store = ApiServer(), body_store()
    api.mutate = lambda written: written["data"].update(k="the webhook's")
    async with api.client() as client:
        applier = Applier(client, "m", {CONFIG_MAP: store})
        await applier.apply(config_map("x", k="ours"))
        anew = json.loads(json.dumps(api.objects["configmaps"]["a", "x"]))
        anew["metadata"] |= {"uid": "another", "resourceVersion": "9999"}
        store.put(codec_of(Body).decode(json.dumps(anew).encode()))
        assert applier.needed(config_map("x", k="ours"))


async def test_after_a_restart_nothing_is_written() -> None:
    api, store = ApiServer(), body_store()
    async with api.client() as client:
        await Applier(client, "m", {CONFIG_MAP: store}).apply(config_map("x", k="1"))
        assert not Applier(client, "m", {CONFIG_MAP: store}).needed(config_map("x", k="1"))


async def test_what_nothing_watches_is_read_first_and_trusted_for_a_while() -> None:
    api, now = ApiServer(), [0.0]
    async with api.client() as client:
        await api.put("configmaps", stamped(config_map("x", k="1")))
        applier = Applier(client, "m", {}, clock=lambda: now[0])
        assert applier.needed(config_map("x", k="1"))
        assert not await applier.apply(config_map("x", k="1"))
        assert not applier.needed(config_map("x", k="1"))
        assert not await applier.apply(config_map("x", k="1"))
        assert [m for m, _ in api.requests] == ["GET"]
        now[0] = 601.0
        assert applier.needed(config_map("x", k="1"))
        assert await applier.apply(config_map("x", k="2"))
        assert not await applier.apply(config_map("x", k="2"))
        assert [m for m, _ in api.requests] == ["GET", "GET", "PATCH"]


def test_without_a_cluster_it_still_says_what_is_needed() -> None:
    assert Applier(None, "m", {CONFIG_MAP: body_store()}).needed(config_map("x"))


async def test_the_function_applies_on_difference_only() -> None:
    api, store = ApiServer(), body_store()
    async with api.client() as client:
        assert await apply(client, config_map("x", k="1"), None, "m", store)
        assert not await apply(client, config_map("x", k="1"), store.get("a", "x"), "m", store)
        assert writes(api) == 1


async def test_the_string_data_of_a_secret_is_sent_as_data_and_is_no_lasting_difference() -> None:
    api = ApiServer()
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "x", "namespace": "a"},
        "stringData": {"k": "v"},
    }
    async with api.client() as client:
        applier = Applier(client, "m", {SECRET: body_store()})
        await applier.apply(secret)
        assert json.loads(api.bodies[0])["data"] == {"k": "dg=="}
        assert not applier.needed(secret)
