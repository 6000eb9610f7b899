"""Rule files spread over ConfigMaps: one holds 1 MiB at most, and so does a request that carries it."""

from __future__ import annotations

from collections.abc import Iterable

ROOM = 512 * 1024  # bytes of rule files in one ConfigMap; prometheus-operator's figure, which leaves room for metadata


def packed(files: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """The files, in the order of their names, in as many portions as they need; always at least one.

    There is a portion even without files, so that the first rule does not change the pods.
    A file that is too large for any portion has one of its own: the caller has left out what no ConfigMap can hold.
    """
    portions: list[dict[str, str]] = [{}]
    used = 0
    for name, text in sorted(files):
        length = len(text.encode())
        if portions[-1] and used + length > ROOM:
            portions.append({})
            used = 0
        portions[-1][name] = text
        used += length
    return portions
