"""Just enough of an API server to make one fail on purpose: lists in pages, watches, writes, and faults on demand."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from common.kube.client import Client
from common.kube.config import Access

Json = dict[str, Any]


class ApiServer:
    """Serves every resource under /api and /apis. Attributes are the knobs of the faults."""

    def __init__(self) -> None:
        self.version = 100
        self.objects: dict[str, dict[tuple[str, str], Json]] = defaultdict(dict)
        self.history: list[tuple[int, str, str, Json]] = []
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.answers: deque[web.Response] = deque()
        """Given instead of the true answer, one a request that is no watch."""
        self.compacted = 0
        """Watches from before this resourceVersion get 410."""
        self.gone_in_band = False
        """Tell of it by an ERROR event, as happens too, not by the status."""
        self.mutate: Callable[[Json], None] = lambda written: None
        """A mutating webhook."""
        self.on_page: Callable[[], None] = lambda: None
        self.hung: set[str] = set()
        """Resources whose requests get no answer."""
        self.watch_lines: deque[str] = deque()
        """Sent as they are at the beginning of the next watch, which ends after them."""
        self.watching = asyncio.Event()
        self._changed = asyncio.Condition()
        self._watches: set[asyncio.Task[Any]] = set()

    @asynccontextmanager
    async def client(self, **access: Any) -> AsyncIterator[Client]:
        app = web.Application(client_max_size=1 << 24)
        app.router.add_route("*", "/{path:.*}", self._serve)
        async with TestServer(app) as server:
            async with Client(Access(server=str(server.make_url("")).rstrip("/"), **access)) as client:
                yield client
            self.cut_watches()

    def cut_watches(self) -> None:
        for task in self._watches:
            task.cancel()

    async def put(self, plural: str, obj: Json, kind: str | None = None) -> Json:
        """A write by somebody."""
        meta = obj["metadata"]
        at = (meta.get("namespace", ""), meta["name"])
        old = self.objects[plural].get(at)
        self.version += 1
        self.mutate(obj)
        meta["resourceVersion"] = str(self.version)
        meta.setdefault("uid", old["metadata"]["uid"] if old else f"uid-{self.version}")
        self.objects[plural][at] = obj
        await self._happened(plural, kind or ("MODIFIED" if old else "ADDED"), obj)
        return obj

    async def remove(self, plural: str, namespace: str, name: str) -> None:
        obj = json.loads(json.dumps(self.objects[plural].pop((namespace, name))))
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        await self._happened(plural, "DELETED", obj)

    async def _happened(self, plural: str, kind: str, obj: Json) -> None:
        self.history.append((self.version, plural, kind, json.loads(json.dumps(obj))))
        async with self._changed:
            self._changed.notify_all()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        parts = request.path.strip("/").split("/")
        parts = parts[2:] if parts[0] == "api" else parts[3:]
        namespace = ""
        if parts[0] == "namespaces" and len(parts) > 2:
            namespace, parts = parts[1], parts[2:]
        plural, name = parts[0], parts[1] if len(parts) > 1 else ""
        body = await request.read()
        self.headers.append(dict(request.headers))
        self.bodies.append(body)
        if "watch" in request.query:
            self.requests.append(("WATCH", request.path_qs))
            return await self._watch(request, plural, namespace)
        self.requests.append((request.method, request.path_qs))
        if plural in self.hung:
            await asyncio.sleep(3600)
        if self.answers:
            return self.answers.popleft()
        match request.method:
            case "GET" if not name:
                return self._list(request, plural, namespace)
            case "GET":
                found = self.objects[plural].get((namespace, name))
                return failure(404, "NotFound") if found is None else web.json_response(found)
            case "DELETE":
                return await self._delete(plural, namespace, name, json.loads(body))
        return await self._write(request.method, plural, namespace, name, json.loads(body))

    async def _write(self, method: str, plural: str, namespace: str, name: str, sent: Json) -> web.Response:
        at = (namespace, name or sent["metadata"]["name"])
        old = self.objects[plural].get(at)
        if method == "POST" and old is not None:
            return failure(409, "AlreadyExists")
        expected = sent.get("metadata", {}).get("resourceVersion")
        if expected and (old is None or old["metadata"]["resourceVersion"] != expected):
            return failure(409, "Conflict")
        merged = merge(json.loads(json.dumps(old or {})), sent)
        if merged != old:
            merged = await self.put(plural, merged)
        return web.json_response(merged)

    async def _delete(self, plural: str, namespace: str, name: str, options: Json) -> web.Response:
        found = self.objects[plural].get((namespace, name))
        if found is None:
            return failure(404, "NotFound")
        for field, value in options.get("preconditions", {}).items():
            if found["metadata"][field] != value:
                return failure(409, "Conflict")
        await self.remove(plural, namespace, name)
        return web.json_response({"kind": "Status", "status": "Success"})

    def _list(self, request: web.Request, plural: str, namespace: str) -> web.Response:
        whole = [o for (ns, _), o in sorted(self.objects[plural].items()) if not namespace or ns == namespace]
        start = int(request.query.get("continue", "0"))
        limit = int(request.query.get("limit", "0")) or len(whole) or 1
        meta: Json = {"resourceVersion": str(self.version)}
        if start + limit < len(whole):
            meta["continue"] = str(start + limit)
        answer = web.json_response({"metadata": meta, "items": whole[start : start + limit]})
        self.on_page()
        return answer

    async def _watch(self, request: web.Request, plural: str, namespace: str) -> web.StreamResponse:
        since = int(request.query["resourceVersion"])
        too_old = since < self.compacted
        if too_old and not self.gone_in_band:
            return failure(410, "Expired")
        response = web.StreamResponse()
        await response.prepare(request)
        if too_old:
            status = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}
            await response.write(line("ERROR", status))
            return response
        if self.watch_lines:
            while self.watch_lines:
                await response.write(self.watch_lines.popleft().encode())
                await asyncio.sleep(0.02)  # each arrives by itself
            return response
        task = asyncio.current_task()
        assert task is not None
        self._watches.add(task)
        self.watching.set()
        try:
            while True:
                for version, of, kind, obj in list(self.history):
                    if version > since and of == plural and namespace in ("", obj["metadata"].get("namespace", "")):
                        await response.write(line(kind, obj))
                since = max([since, *(v for v, *_ in self.history)])
                async with self._changed:
                    await self._changed.wait()
        finally:
            self._watches.discard(task)
            self.watching.clear()


def line(kind: str, obj: Json) -> bytes:
    return json.dumps({"type": kind, "object": obj}, separators=(",", ":")).encode() + b"\n"


def failure(code: int, reason: str, message: str = "", **extra: Any) -> web.Response:
    status = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message} | extra
    return web.json_response(status, status=code)


def merge(old: Json, new: Json) -> Json:
    for key, value in new.items():
        old[key] = merge(old.get(key) or {}, value) if isinstance(value, dict) else value
    return old


def config_map(name: str, namespace: str = "a", **data: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}


async def until(true: Callable[[], Any], seconds: float = 5.0) -> None:
    """Wait for what must come true."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - it may be anything, also the state of a store
            await asyncio.sleep(0.005)
