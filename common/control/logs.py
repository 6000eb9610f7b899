"""Logs: constant messages with keys and values, as JSON or as text."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any, Literal

from common.control.condition import timestamp

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "settings"}


class KeyValueFormatter(logging.Formatter):
    """Writes a record's extra fields behind its message, or as members of one JSON object a line."""

    def __init__(self, style: Literal["json", "text"]) -> None:
        super().__init__()
        self._json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        """One line; a traceback, where there is one, stays within it under JSON."""
        extra = {k: v for k, v in vars(record).items() if k not in _STANDARD and not k.startswith("k8s_")}
        if record.exc_info and record.exc_info[0] is not None:
            extra["traceback"] = self.formatException(record.exc_info)
        head: dict[str, Any] = {
            "ts": f"{timestamp(record.created)[:-1]}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "msg": record.getMessage(),
        }
        if self._json:
            return json.dumps(head | extra, default=str)
        values = " ".join(f"{k}={v!s}" if k == "traceback" else f"{k}={v!r}" for k, v in extra.items())
        return f"{head['ts']} {head['level']:<7} {head['logger']}: {head['msg']} {values}".rstrip()


def set_up(style: Literal["json", "text"], level: str) -> None:
    """Send everything to stderr in the chosen style. kopf tells what it does in detail only when asked for debug."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(KeyValueFormatter(style))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    if level.upper() != "DEBUG":
        for chatty in ("kopf", "aiohttp.access", "asyncio"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
