"""Durations as Prometheus reads them."""

from __future__ import annotations

import re

_SYNTAX = re.compile(
    r"(?:(\d{1,12})y)?(?:(\d{1,12})w)?(?:(\d{1,12})d)?(?:(\d{1,12})h)?(?:(\d{1,12})m)?(?:(\d{1,12})s)?(?:(\d{1,12})ms)?"
)
_MILLISECONDS = (365 * 86_400_000, 7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000, 1)
LONGEST = 2**63 // 1_000_000  # milliseconds; Go keeps nanoseconds in 64 bits


def milliseconds(text: str) -> int | None:
    """The length of a duration; None when Prometheus would not take the text."""
    if text == "0":
        return 0
    match = _SYNTAX.fullmatch(text)
    if match is None or not text:
        return None
    total = sum(int(n) * unit for n, unit in zip(match.groups("0"), _MILLISECONDS, strict=True))
    return total if total < LONGEST else None
