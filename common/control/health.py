"""/healthz, /readyz and /metrics."""

from __future__ import annotations

import logging
from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from common.control.metrics import REGISTRY

log = logging.getLogger(__name__)


class HealthServer:
    """Answers the kubelet and Prometheus. `ready` is asked at each request."""

    def __init__(self, address: str, ready: Callable[[], bool]) -> None:
        host, _, port = address.rpartition(":")
        self._host = host or None
        self._port = int(port)
        self._ready = ready
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)

    async def start(self) -> None:
        """Listen. Where the port is taken (several operators run by hand on one host) any free one is used."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            site = web.TCPSite(self._runner, self._host, 0)
            await site.start()
            log.warning(
                "The metrics address is taken; listening on another port",
                extra={"wanted": self._port, "addresses": str(self._runner.addresses), "error": str(error)},
            )

    async def close(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _healthz(self, request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _readyz(self, request: web.Request) -> web.Response:
        ready = self._ready()
        return web.Response(text="ok" if ready else "caches are not filled yet", status=200 if ready else 503)

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})
