"""HTTP to the API server: connections, time limits, credentials, and failures as exceptions."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
from aiohttp.client_exceptions import ClientConnectionError
from yarl import URL

from common.kube.config import Access
from common.kube.errors import Invalid, Unreachable, error_of
from common.kube.resource import LEASE, SECRET, Resource

AT_ONCE = 32  # requests on their way; API Priority and Fairness queues far fewer a user
CONNECT = 5.0  # seconds
TOTAL = 30.0  # seconds a request
WATCH_SLACK = 10.0  # seconds past the end that a watch was given, before the connection counts as dead
ATTEMPTS = 5  # at one request that the server asks to make again later
LONGEST_WAIT = 10.0  # seconds between two of them
ALIVE = (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))  # a peer that vanished shows in 35 s
JSON = "application/json"


class Transport:
    """A session whose connections are not limited, since watches hold theirs; the requests on their way are."""

    def __init__(self, access: Access, on_request: Callable[[str, str], None] | None) -> None:
        self._access = access
        self._count = on_request or (lambda method, code: None)
        self._slots = asyncio.Semaphore(AT_ONCE)
        # A queue of slow writes must not cost a leader its lease.
        self._lease_slots = asyncio.Semaphore(1)
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Get ready; no request yet."""
        connector = aiohttp.TCPConnector(
            limit=0, ssl=self._access.ssl_context() or True, keepalive_timeout=60, socket_factory=_socket
        )
        # The server would compress large answers: on a cluster's network that costs both sides more than it saves.
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=_standing_headers(self._access),
            proxy=self._access.proxy,
            read_bufsize=1 << 18,
            timeout=aiohttp.ClientTimeout(total=TOTAL, sock_connect=CONNECT),
        )

    async def close(self) -> None:
        """Close all connections, watches too."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def request(
        self, method: str, resource: Resource, namespace: str | None, name: str | None = None,
        subresource: str | None = None, *, query: Mapping[str, str] | None = None, body: Any = None,
        content_type: str = JSON, accept: str | None = None,
    ) -> bytes:  # fmt: skip
        """One request; the answer's body. Raises ApiError."""
        url = self._url(resource, namespace, name, subresource, query)
        payload = body if body is None or isinstance(body, bytes) else msgspec.json.encode(body)
        headers = {"Accept": accept} if accept else {}
        if payload is not None:
            headers["Content-Type"] = content_type
        secret = about_secrets(resource)
        async with self._lease_slots if resource == LEASE else self._slots:
            for attempt in range(ATTEMPTS):
                try:
                    status, wait, answer = await self._exchange(method, url, headers, payload)
                except aiohttp.ServerDisconnectedError as cut:
                    # A kept connection that the server had closed. aiohttp itself sends again what is idempotent for
                    # HTTP; a patch is so for us. A create is not: its first try may have been carried out.
                    if method != "PATCH" or attempt:
                        raise Unreachable(f"{method} {url.path}: {cut}") from cut
                    continue
                if status < 400:
                    return answer
                last = attempt == ATTEMPTS - 1
                if status == 401 and not attempt and self._access.refresh():
                    continue
                if last or not (status == 429 or (status >= 500 and wait is not None)):
                    raise error_of(status, answer, secret=secret)
                await asyncio.sleep(min(1.0 if wait is None else wait, LONGEST_WAIT) * random.uniform(1, 1.2))  # noqa: S311
        raise AssertionError("the last attempt returns or raises")

    async def _exchange(
        self, method: str, url: URL, headers: Mapping[str, str], payload: bytes | None
    ) -> tuple[int, float | None, bytes]:
        try:
            async with self._ready.request(
                method, url, data=payload, headers={**self._access.headers(), **headers}, server_hostname=self._name
            ) as response:
                answer = await response.read()
        except aiohttp.ServerDisconnectedError:
            self._count(method, "<error>")
            raise
        except (ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError, OSError) as lost:
            self._count(method, "<error>")
            raise Unreachable(f"{method} {url.path}: {str(lost) or type(lost).__name__}") from lost
        self._count(method, str(response.status))
        return response.status, _seconds(response.headers.get("Retry-After")), answer

    async def lines(
        self, resource: Resource, namespace: str | None, *, query: Mapping[str, str], accept: str | None, seconds: float
    ) -> AsyncGenerator[list[bytes], None]:
        """The lines of a watch as they arrive, several at a time. A line that is cut off in the middle is left out."""
        url = self._url(resource, namespace, None, None, query)
        limits = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT, sock_read=seconds + WATCH_SLACK)
        try:
            headers = self._access.headers() | ({"Accept": accept} if accept else {})
            async with self._ready.get(url, headers=headers, timeout=limits, server_hostname=self._name) as response:
                self._count("WATCH", str(response.status))
                if response.status != 200:
                    self._access.refresh()
                    raise error_of(response.status, await response.read(), secret=about_secrets(resource))
                rest = b""
                async for chunk in response.content.iter_any():
                    *whole, rest = (rest + chunk).split(b"\n")
                    if whole:
                        yield whole
        except (aiohttp.ClientError, TimeoutError, OSError) as lost:
            raise Unreachable(f"WATCH {url.path}: {str(lost) or type(lost).__name__}") from lost

    @property
    def _ready(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the client is used outside of its `async with`")
        return self._session

    @property
    def _name(self) -> str | None:
        return self._access.server_name

    def _url(
        self, resource: Resource, namespace: str | None, name: str | None, subresource: str | None,
        query: Mapping[str, str] | None,
    ) -> URL:  # fmt: skip
        # Names may come from what a user wrote. `../../secrets/x` must stay a name that does not exist.
        at = resource.path(_segment(namespace), _segment(name), subresource)
        words = "" if not query else "?" + "&".join(f"{k}={quote(v, safe='')}" for k, v in query.items())
        return URL(f"{self._access.server}{at}{words}", encoded=True)


def about_secrets(resource: Resource) -> bool:
    """True where bodies and error messages hold what must not be shown."""
    return resource.group == SECRET.group and resource.plural == SECRET.plural


def _segment(name: str | None) -> str | None:
    if name is None:
        return None
    if name in ("", ".", "..") or "/" in name or "%" in name:
        raise Invalid(422, "Invalid", f"{name[:100]!r} cannot be the name of an object")
    return quote(name, safe="")


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after is not None and retry_after.isdecimal() else None


def _standing_headers(access: Access) -> list[tuple[str, str]]:
    return [
        ("Accept", JSON),
        ("Accept-Encoding", "identity"),
        ("User-Agent", "triad"),
        *(("Impersonate-Group", group) for group in access.groups),
    ]


def _socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """A socket that notices a peer that is gone without a word, as a watch otherwise would only at its end."""
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in ALIVE:
        if hasattr(socket, option):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return made
