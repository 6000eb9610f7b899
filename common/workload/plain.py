"""Values as plain JSON types."""

from __future__ import annotations

from typing import Any

import msgspec


def plain(value: Any) -> Any:
    """The value as it looks in JSON: Structs become mappings, tuples lists, enums their values. Nothing is shared.

    By way of the text, since msgspec.to_builtins leaves tuples as they are, and a tuple equals no list.
    """
    return value if type(value) is str else msgspec.json.decode(msgspec.json.encode(value))
