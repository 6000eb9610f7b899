"""Sizes as Prometheus reads them: powers of 1024, whatever the letters say."""

from __future__ import annotations

import re

_SYNTAX = re.compile(r"(\d+(?:\.\d+)?)(B|[KMGTPE]i?B)")
_POWERS = {"B": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}


def size(text: str) -> int | None:
    """The size in bytes; None when Prometheus would not take the text."""
    if text == "0":
        return 0
    match = _SYNTAX.fullmatch(text)
    if match is None:
        return None
    return int(float(match[1]) * 1024 ** _POWERS[match[2][0]])
