"""Prometheus versions: what a version can do decides what its configuration may say."""

from __future__ import annotations

import re
from typing import NamedTuple

_SYNTAX = re.compile(r"v?(\d{1,5})\.(\d{1,5})(?:\.(\d{1,5}))?(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")


class Version(NamedTuple):
    """A release; pre-releases count as the release."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def parse(text: str) -> Version | None:
    """The version that a text names, with or without v; None when it names none."""
    match = _SYNTAX.fullmatch(text)
    if match is None:
        return None
    return Version(int(match[1]), int(match[2]), int(match[3] or 0))
