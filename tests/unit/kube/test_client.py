from __future__ import annotations

import asyncio
import json
from pathlib import Path

import msgspec
import pytest
import yaml
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from common.kube import transport
from common.kube.client import Client, yaml_safe
from common.kube.codec import Event
from common.kube.config import Access
from common.kube.errors import ApiError, Conflict, Forbidden, Gone, Invalid, TooManyRequests, Unreachable
from common.kube.objects import Body, Object
from common.kube.resource import CONFIG_MAP, LEASE, SECRET
from tests.unit.kube.apiserver import ApiServer, config_map, failure, until


async def test_what_is_not_there_is_none() -> None:
    api = ApiServer()
    async with api.client() as client:
        assert await client.get(CONFIG_MAP, "a", "x") is None
        assert await client.get_as(CONFIG_MAP, "a", "x", Object) is None
        assert not await client.delete(CONFIG_MAP, "a", "x")


async def test_server_side_apply_is_sent_as_such() -> None:
    api = ApiServer()
    async with api.client() as client:
        await client.apply(config_map("x", key="1"), "etcd-operator")
        assert api.requests == [
            ("PATCH", "/api/v1/namespaces/a/configmaps/x?fieldManager=etcd-operator&force=true"),
        ]
        assert api.headers[0]["Content-Type"] == "application/apply-patch+yaml"
        assert json.loads(api.bodies[0]) == config_map("x", key="1") | {"metadata": {"name": "x", "namespace": "a"}}


async def test_a_list_is_taken_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.kube.client.PAGE", 2)
    api = ApiServer()
    async with api.client() as client:
        for name in "abcde":
            await api.put("configmaps", config_map(name))
        items, version = await client.list_(CONFIG_MAP, "a", Object, "app in (x, y)")
        assert [o.metadata.name for o in items] == list("abcde")
        assert version == "105"
        assert len(api.requests) == 3
        assert "labelSelector=app%20in%20%28x%2C%20y%29" in api.requests[0][1]
        assert "resourceVersion" not in api.requests[0][1]


async def test_a_list_whose_pages_expire_is_taken_again_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.kube.client.PAGE", 2)
    api = ApiServer()
    async with api.client() as client:
        for name in "abc":
            await api.put("configmaps", config_map(name))

        def expire() -> None:
            api.answers.append(failure(410, "Expired"))
            api.on_page = lambda: None

        api.on_page = expire
        items, _ = await client.list_(CONFIG_MAP, "a", Object)
        assert [o.metadata.name for o in items] == list("abc")
        assert "limit" not in api.requests[-1][1]


async def test_an_object_that_does_not_fit_is_left_out_and_named() -> None:
    api = ApiServer()
    async with api.client() as client:
        await api.put("configmaps", config_map("good"))
        odd = config_map("odd")
        odd["metadata"]["labels"] = {"a": 1}
        await api.put("configmaps", odd)
        items, _ = await client.list_(CONFIG_MAP, None, Object)
        assert [o.metadata.name for o in items] == ["good"]


@pytest.mark.parametrize(
    ("code", "error"), [(403, Forbidden), (409, Conflict), (410, Gone), (422, Invalid), (400, Invalid), (500, ApiError)]
)
async def test_failures_have_classes(code: int, error: type[ApiError]) -> None:
    api = ApiServer()
    async with api.client() as client:
        api.answers.append(failure(code, "Because", "so it is"))
        with pytest.raises(error, match="Because: so it is"):
            await client.get(CONFIG_MAP, "a", "x")


async def test_a_failure_that_is_no_status_object_keeps_its_code() -> None:
    api = ApiServer()
    async with api.client() as client:
        api.answers.append(web.Response(status=503, text="<html>try later</html>"))
        with pytest.raises(ApiError, match="try later") as raised:
            await client.get(CONFIG_MAP, "a", "x")
        assert raised.value.status == 503


@pytest.mark.parametrize("method", ["apply", "create", "get", "merge_patch"])
async def test_a_refused_secret_is_not_quoted(method: str) -> None:
    api = ApiServer()
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "x", "namespace": "a"},
        "data": {"k": "s3cret"},
    }
    causes = [{"reason": "FieldValueInvalid", "field": "data[k]", "message": 'Invalid value: "s3cret"'}]
    async with api.client() as client:
        api.answers.append(failure(422, "Invalid", 'Secret "x" is invalid: "s3cret"', details={"causes": causes}))
        calls = {
            "apply": lambda: client.apply(secret, "m"),
            "create": lambda: client.create(secret),
            "get": lambda: client.get(SECRET, "a", "x"),
            "merge_patch": lambda: client.merge_patch(SECRET, "a", "x", secret),
        }
        with pytest.raises(Invalid) as raised:
            await calls[method]()
        assert "s3cret" not in str(raised.value)
        assert "data[k]: FieldValueInvalid" in str(raised.value)


async def test_a_busy_server_is_asked_again_when_it_says() -> None:
    api = ApiServer()
    counted: list[tuple[str, str]] = []
    async with api.client() as client:
        client._transport._count = lambda method, code: counted.append((method, code))
        await api.put("configmaps", config_map("x"))
        for code in (429, 503):
            answer = failure(code, "Busy")
            answer.headers["Retry-After"] = "0"
            api.answers.append(answer)
        assert await client.get(CONFIG_MAP, "a", "x") is not None
        assert counted == [("GET", "429"), ("GET", "503"), ("GET", "200")]


async def test_a_server_that_stays_busy_is_not_asked_for_ever() -> None:
    api = ApiServer()
    async with api.client() as client:
        for _ in range(transport.ATTEMPTS):
            answer = failure(429, "TooManyRequests")
            answer.headers["Retry-After"] = "0"
            api.answers.append(answer)
        with pytest.raises(TooManyRequests):
            await client.get(CONFIG_MAP, "a", "x")
        assert len(api.requests) == transport.ATTEMPTS


async def test_preconditions_hold_a_deletion_back() -> None:
    api = ApiServer()
    async with api.client() as client:
        put = await api.put("configmaps", config_map("x"))
        with pytest.raises(Conflict):
            await client.delete(CONFIG_MAP, "a", "x", uid="another")
        assert await client.delete(CONFIG_MAP, "a", "x", uid=put["metadata"]["uid"], propagation="Orphan")
        sent = json.loads(api.bodies[-1])
        assert sent["propagationPolicy"] == "Orphan"


@pytest.mark.parametrize("name", ["../../secrets/x", "..", ".", "", "a/b", "a%2fb"])
async def test_a_hostile_name_leads_nowhere(name: str) -> None:
    api = ApiServer()
    async with api.client() as client:
        with pytest.raises(Invalid, match="cannot be the name"):
            await client.get(CONFIG_MAP, "a", name)
        assert api.requests == []


async def test_odd_characters_stay_inside_the_name() -> None:
    api = ApiServer()
    async with api.client() as client:
        assert await client.get(CONFIG_MAP, "a", "x?watch=1#") is None
        assert api.requests == [("GET", "/api/v1/namespaces/a/configmaps/x%3Fwatch%3D1%23")]


async def test_nobody_there_is_unreachable() -> None:
    async with Client(Access(server="http://127.0.0.1:9")) as client:
        with pytest.raises(Unreachable, match="GET /api/v1"):
            await client.get(CONFIG_MAP, "a", "x")


async def test_a_connection_that_dies_is_unreachable_and_a_patch_is_sent_again() -> None:
    hits = 0

    async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal hits
        hits += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(slam, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Client(Access(server=f"http://127.0.0.1:{port}")) as client:
        with pytest.raises(Unreachable):
            await client.create(config_map("x"))
        assert hits == 1
        with pytest.raises(Unreachable):
            await client.apply(config_map("x"), "m")
        assert hits == 3


async def test_a_renewed_token_is_used_after_a_401(tmp_path: Path) -> None:
    api = ApiServer()
    token = tmp_path / "token"
    token.write_text("old")
    async with api.client(token_file=str(token)) as client:
        await api.put("configmaps", config_map("x"))
        assert await client.get(CONFIG_MAP, "a", "x") is not None
        token.write_text("new")
        api.answers.append(failure(401, "Unauthorized"))
        assert await client.get(CONFIG_MAP, "a", "x") is not None
        assert [h["Authorization"] for h in api.headers] == ["Bearer old", "Bearer old", "Bearer new"]


async def test_impersonation_is_sent() -> None:
    api = ApiServer()
    async with api.client(user="somebody", groups=("one", "two")) as client:
        await client.get(CONFIG_MAP, "a", "x")
        assert api.headers[0]["Impersonate-User"] == "somebody"
        assert api.headers[0]["Impersonate-Group"]


async def test_a_watch_yields_changes_and_skips_what_is_cut_off() -> None:
    api = ApiServer()
    async with api.client() as client:
        whole = json.dumps({"type": "ADDED", "object": config_map("x")})
        api.watch_lines.extend([whole[:30], whole[30:] + "\n", whole[:40]])
        events = [event async for event in client.watch(CONFIG_MAP, None, Object, "1")]
        assert [type(e) for e in events] == [Event]
        assert "timeoutSeconds" in api.requests[0][1]
        assert "allowWatchBookmarks=1" not in api.requests[0][1]


async def test_a_watch_on_which_nothing_comes_any_more_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.kube.client.WATCH_SECONDS", (0, 0))
    monkeypatch.setattr(transport, "WATCH_SLACK", 0.2)
    api = ApiServer()
    async with api.client() as client:
        with pytest.raises(Unreachable, match="WATCH /api/v1/configmaps"):
            async for _ in client.watch(CONFIG_MAP, None, Object, "1"):
                pass


async def test_watches_do_not_use_up_the_connections_of_requests() -> None:
    api = ApiServer()
    async with api.client() as client:
        await api.put("configmaps", config_map("x"))
        watches = [client.watch(CONFIG_MAP, None, Object, "1") for _ in range(transport.AT_ONCE + 5)]
        async with asyncio.timeout(10):
            await asyncio.gather(*(anext(w) for w in watches))
            assert await client.get(CONFIG_MAP, "a", "x") is not None
        for watch in watches:
            await watch.aclose()


async def test_a_queue_of_slow_requests_does_not_hold_up_the_lease() -> None:
    api = ApiServer()
    api.hung.add("configmaps")
    async with api.client() as client:
        slow = [asyncio.create_task(client.get(CONFIG_MAP, "a", "x")) for _ in range(transport.AT_ONCE * 2)]
        await until(lambda: len(api.requests) == transport.AT_ONCE)
        async with asyncio.timeout(10):
            assert await client.get(LEASE, "a", "x") is None
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_many_requests_at_once_do_not_time_out_waiting_for_each_other() -> None:
    api = ApiServer()
    async with api.client() as client:
        await asyncio.gather(*(client.apply(config_map(f"x{n}"), "m") for n in range(300)))
        assert len(api.objects["configmaps"]) == 300


def test_a_kept_payload_does_not_keep_the_page_alive() -> None:
    page = b'{"metadata":{"name":"x"},"spec":{"a":1},"status":"' + b"x" * 100_000 + b'"}'
    body = msgspec.json.decode(page, type=Body)
    assert isinstance(body.spec, msgspec.Raw)
    assert len(memoryview(body.spec).obj) < 100  # type: ignore[arg-type]


@given(st.text())
def test_an_apply_means_the_same_to_a_yaml_parser(text: str) -> None:
    sent = yaml_safe(msgspec.json.encode({"k": text}))
    assert msgspec.json.decode(sent) == {"k": text}
    assert yaml.load(sent, Loader=yaml.CSafeLoader) == {"k": text}
