"""Versions of etcd: how they are written, and which one may follow which."""

from __future__ import annotations

import re
from typing import NamedTuple

from etcd_operator.api.v1 import VERSION_PATTERN

_FORM = re.compile(VERSION_PATTERN)


class Version(NamedTuple):
    """A version; a pre-release sorts before its release."""

    major: int
    minor: int
    patch: int
    release: bool = True
    pre: str = ""

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}" + (f"-{self.pre}" if self.pre else "")

    @property
    def line(self) -> tuple[int, int]:
        """Major and minor: what the cluster version is made of."""
        return self.major, self.minor


OLDEST = Version(3, 1, 0)
"""What the manifests of 2017 ask for; etcd 2 speaks another API and another storage format."""
MOVE_LEADER = Version(3, 3, 0)
"""The first release that hands leadership over on request. Before it, a leader that goes costs an election."""
LEARNERS = Version(3, 4, 0)
"""The first release in which a member can be added without a vote."""
FIRST_TO_LEAVE_FROM = {(3, 6): Version(3, 5, 26), (3, 7): Version(3, 6, 11)}
"""The least patch release to upgrade from, by the line that is upgraded to.

Source: etcd, "Upgrade etcd from v3.5 to v3.6" (zombie members, "too many learner members") and "from v3.6 to v3.7".
"""


def parse(text: str) -> Version | None:
    """The version that is written as `3.5.35`, `v3.5.35` or `3.6.0-rc.1`; None for anything else."""
    if not _FORM.fullmatch(text):
        return None
    numbers, _, pre = text.removeprefix("v").partition("-")
    major, minor, patch = (int(n) for n in numbers.split("."))
    return Version(major, minor, patch, not pre, pre)


def objection(now: Version, wanted: Version) -> str:
    """Why members at `now` cannot be given `wanted` by restarting them one by one; empty where they can.

    etcd supports mixed members of neighbouring minors only; anything else may leave a cluster that cannot elect, or
    data that the other version cannot read. Source: etcd, "Upgrading etcd clusters and applications".
    """
    if wanted.line == now.line:
        return ""
    if wanted.major != now.major:
        return f"there is no way from {now} to {wanted}"
    if wanted.minor < now.minor:
        return f"going back from {now} to {wanted} is not supported; members may run {now.major}.{now.minor}.x only"
    if wanted.minor > now.minor + 1:
        return f"from {now} to {wanted} the way goes by {ladder(now, wanted)}; ask for the next one first"
    least = FIRST_TO_LEAVE_FROM.get(wanted.line)
    if least is not None and now < least:
        line = f"{wanted.major}.{wanted.minor}"
        return f"{line} needs every member at {least} or later first; ask for that, then for {wanted}"
    return ""


def ladder(now: Version, wanted: Version) -> str:
    """The minors between, as `3.4 -> 3.5 -> 3.6`."""
    return " -> ".join(f"{now.major}.{minor}" for minor in range(now.minor, wanted.minor + 1))
