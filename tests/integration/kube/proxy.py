"""A TCP proxy in front of the API server that cuts all connections when asked to, and keeps silent when asked to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import msgspec

from common.kube.config import Access


class Proxy:
    """Passes bytes on. TLS goes through untouched, so the certificate is still verified."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._writers: set[asyncio.StreamWriter] = set()
        self.cuts = 0

    def cut(self) -> None:
        """Cut every connection in the middle of whatever it says."""
        self.cuts += len(self._writers)
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, back}
        await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))
        self._writers -= {writer, back}


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(1 << 14):
            writer.write(data)
            await writer.drain()
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def proxied(access: Access) -> AsyncIterator[tuple[Proxy, Access]]:
    """The proxy, and the access that leads through it."""
    real = urlsplit(access.server)
    assert real.hostname is not None
    proxy = Proxy(real.hostname, real.port or 443)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    through = msgspec.structs.replace(access, server=f"https://127.0.0.1:{port}", server_name=real.hostname)
    try:
        yield proxy, through
    finally:
        server.close()
        proxy.cut()
