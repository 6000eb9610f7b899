"""Plain values as block YAML.

PyYAML's C emitter needs 3 to 5 ms for a scrape job with its twenty relabelings, which is most of a second for five
hundred monitors; this one needs some 60 µs. It knows mappings, lists and scalars, nothing else. A string that could
be read as anything but itself is written in double quotes, as JSON writes it (YAML 1.2 contains JSON's strings).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

# Read as itself by YAML 1.1 and 1.2 parsers alike: a word, a label name, a path, a job name, or a duration.
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_/.\-]*|(?:\d+(?:ms|[smhdwy]))+")
_WORDS = frozenset(
    spelled
    for word in ("true", "false", "yes", "no", "on", "off", "null", "y", "n")
    for spelled in (word, word.upper(), word.capitalize())
)
# Not printable in YAML, and left alone by JSON.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_quoted_by_json = json.JSONEncoder(ensure_ascii=False).encode


def quoted(text: str) -> str:
    """A string in double quotes."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", _quoted_by_json(text))


def scalar(value: str | int | float | bool | None) -> str:
    """A value as it stands on one line."""
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) and value not in _WORDS else quoted(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)


def document(value: Mapping[str, Any]) -> str:
    """A mapping as a whole YAML text."""
    lines: list[str] = []
    _mapping(lines, value, "", "")
    return "\n".join(lines) + "\n"


def items(values: Sequence[Any]) -> str:
    """The entries of a list as they stand below a top-level key; the pieces of several lists can be joined."""
    lines: list[str] = []
    _list(lines, values, "")
    return "\n".join(lines) + "\n" if lines else ""


def _mapping(lines: list[str], value: Mapping[str, Any], indent: str, first: str) -> None:
    """`first` opens the first line, where the mapping is an entry of a list."""
    lead = first or indent
    for name, member in value.items():
        if isinstance(member, Mapping):
            if member:
                lines.append(f"{lead}{scalar(name)}:")
                _mapping(lines, member, indent + "  ", "")
            else:
                lines.append(f"{lead}{scalar(name)}: {{}}")
        elif isinstance(member, (list, tuple)):
            if member:
                lines.append(f"{lead}{scalar(name)}:")
                _list(lines, member, indent)
            else:
                lines.append(f"{lead}{scalar(name)}: []")
        else:
            lines.append(f"{lead}{scalar(name)}: {scalar(member)}")
        lead = indent


def _list(lines: list[str], values: Sequence[Any], indent: str) -> None:
    for value in values:
        if isinstance(value, Mapping) and value:
            _mapping(lines, value, indent + "  ", indent + "- ")
        elif isinstance(value, (list, tuple)) and value:
            lines.append(f"{indent}-")
            _list(lines, value, indent + "  ")
        elif isinstance(value, (Mapping, list, tuple)):
            lines.append(f"{indent}- {'{}' if isinstance(value, Mapping) else '[]'}")
        else:
            lines.append(f"{indent}- {scalar(value)}")
