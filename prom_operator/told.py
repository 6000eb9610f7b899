"""What a pod was told about new files, as it stands in its annotation.

A kubelet refreshes the Secrets that it mounted every 60 to 90 seconds (prometheus-operator #3217, #6310), and at once
when their pod changes: so the operator changes an annotation of the pod. The kubelet can hear of that before it hears
of the new Secret, since the two come by different watches, and then mounts the old files anew. So it is told once more
a little later.
"""

from __future__ import annotations

from msgspec import Struct

ROUNDS = (0.0, 5.0)  # seconds after the files were written


class Told(Struct, frozen=True):
    """A digest of files, how often the pod was told of them, and when last."""

    digest: str = ""
    round: int = 0
    at: float = 0.0
    """Seconds since the epoch, whole."""

    def __str__(self) -> str:
        return f"{self.digest} {self.round} {self.at:.0f}"


def parse(text: str) -> Told:
    """An annotation's text; what cannot be read counts as nothing."""
    words = text.split(" ")
    if len(words) == 3 and words[1].isdecimal() and words[2].isdecimal():
        return Told(words[0], int(words[1]), float(words[2]))
    return Told()


def upcoming(told: Told, digest: str, now: float) -> tuple[Told | None, float]:
    """What to tell next, and in how many seconds; None when all was told."""
    if told.digest != digest:
        return Told(digest, 0, now), 0.0
    following = told.round + 1
    if following >= len(ROUNDS):
        return None, 0.0
    due = told.at + ROUNDS[following] - ROUNDS[told.round]
    return Told(digest, following, now), max(0.0, due - now)
