"""JSON of a custom resource -> CustomResource. What a person wrote wrong is reported, never raised."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from common.kube.objects import Meta
from common.resources.fields import IN_WORDS
from common.resources.kind import CustomResource, Kind
from common.resources.problem import Problem

LONGEST_MESSAGE = 300  # characters; a condition's message is read by people, and may quote what they wrote
_PLACE = re.compile(r"^(?P<what>.*?)(?: - at (?P<key>`key` in )?`(?P<path>\$[^`]*)`)?$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(?P<name>.+)`$")
_PATTERN = re.compile(r"^Expected `str` matching regex (?P<regex>'.*'|\".*\")$", re.DOTALL)
_NULL = re.compile(r", got `null`$")
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]")
_WORDS = {repr(pattern): words for pattern, words in IN_WORDS.items()}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Malformed(ValueError):
    """Not even the metadata of a custom resource; the API server never sends one."""


def decode(kind: Kind, raw: bytes | Mapping[str, Any]) -> CustomResource:
    """Decode a resource of this kind.

    A stored resource may be older than the schema, and a CRD may be somebody else's: so defaults are filled in and
    types are checked here once more, whatever the API server did. Fields that the type does not name are ignored.
    Raises Malformed where there is no usable metadata.
    """
    try:
        manifest = msgspec.json.decode(raw) if isinstance(raw, bytes) else raw
        metadata = _converted(manifest.get("metadata"), Meta)
    except (msgspec.MsgspecError, AttributeError) as error:
        raise Malformed(readable(str(error), "metadata")) from None
    status = manifest.get("status")
    try:
        spec, problem = _converted(manifest.get("spec"), kind.spec), None
    except msgspec.ValidationError as error:
        spec, problem = None, Problem("InvalidSpec", readable(str(error), "spec"))
    return CustomResource(
        kind=kind, metadata=metadata, spec=spec, status=status if isinstance(status, dict) else {}, problem=problem
    )


def _converted(raw: Any, type_: type[Any]) -> Any:
    """Convert, with null taken for absent where the type has no null: that is what Kubernetes means by it.

    msgspec stops at the first null, so each round takes one out, and only where the type says no: inside embedded
    objects a null has a meaning of its own.
    """
    raw = {} if raw is None else raw
    while True:
        try:
            return msgspec.convert(raw, type_)
        except msgspec.ValidationError as error:
            place = _PLACE.match(str(error))
            if place is None or not _NULL.search(place["what"]) or place["path"] is None:
                raise
            without = _without(raw, [*_STEP.finditer(place["path"])])
            if without is None:
                raise
            raw = without


def _without(raw: Any, steps: list[re.Match[str]]) -> Any:
    """A copy of `raw` that lacks the member at the end of the path; None where the path leads to no member."""
    if not steps:
        return None
    step, *rest = steps
    name, index = step["name"], step["index"]
    if name is not None and isinstance(raw, Mapping) and name in raw:
        if not rest:
            return {k: v for k, v in raw.items() if k != name} if raw[name] is None else None
        inner = _without(raw[name], rest)
        return None if inner is None else {**raw, name: inner}
    if index is not None and isinstance(raw, list) and rest:
        inner = _without(raw[int(index)], rest)
        return None if inner is None else [*raw[: int(index)], inner, *raw[int(index) + 1 :]]
    return None


def readable(error: str, root: str) -> str:
    """msgspec's words made a line for people: the place first, then what is expected there.

    >>> readable("Expected `int`, got `str` - at `$.size`", "spec")
    'spec.size: Expected int, got str'
    """
    place = _PLACE.match(error)
    what, path, key = (place["what"], place["path"] or "$", place["key"]) if place else (error, "$", None)
    where = root + path[1:]
    if missing := _MISSING.match(what):
        line = f"{where}.{missing['name']}: Required, but missing"
    else:
        if pattern := _PATTERN.match(what):
            what = "Expected " + _in_words(pattern["regex"])
        line = f"{where}: {'A key here: ' if key else ''}{what.replace('`', '').replace(' | null, got', ', got')}"
    line = _UNPRINTABLE.sub(" ", line)
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"


def _in_words(quoted: str) -> str:
    return _WORDS.get(quoted, f"a string that matches {quoted}")
