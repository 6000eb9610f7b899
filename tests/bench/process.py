"""The operator under measurement: a process of its own, whose CPU time and memory the kernel counts."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

READY_WITHIN = 60  # seconds
AT_REST_AFTER = 5  # seconds: what is measured is an operator that runs, not its start
TICKS = os.sysconf("SC_CLK_TCK")


class OperatorProcess:
    """`python -m <module> run --all-namespaces`, from start until ready, and until it has ended."""

    def __init__(self, module: str, kubeconfig: str, log: Path) -> None:
        self.module = module
        self._kubeconfig = kubeconfig
        self._log = log
        self.ready_seconds = 0.0

    async def __aenter__(self) -> Self:
        port = _free_port()
        self._log.parent.mkdir(parents=True, exist_ok=True)
        began = time.perf_counter()
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", self.module, "run", "--all-namespaces", "--kubeconfig", self._kubeconfig,
                "--metrics-bind-address", f"127.0.0.1:{port}", stdout=log, stderr=log,
            )  # fmt: skip
        try:
            await self._until_ready(f"http://127.0.0.1:{port}/readyz")
        except BaseException:
            await self._end()
            raise
        self.ready_seconds = time.perf_counter() - began
        await asyncio.sleep(AT_REST_AFTER)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _until_ready(self, url: str) -> None:
        deadline = time.monotonic() + READY_WITHIN
        async with aiohttp.ClientSession() as session:
            while time.monotonic() < deadline:
                if self._process.returncode is not None:
                    raise RuntimeError(f"{self.module} ended with {self._process.returncode}; see {self._log}")
                try:
                    async with session.get(url) as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientConnectionError:
                    pass
                await asyncio.sleep(0.05)
        raise RuntimeError(f"{self.module} was not ready within {READY_WITHIN} s; see {self._log}")

    async def _end(self) -> None:
        if self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), 20)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_mb(self) -> int:
        """Resident memory now, in MiB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        kib = next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]
        return round(int(kib) / 1024)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
