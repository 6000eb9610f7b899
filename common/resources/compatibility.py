"""Schemas only grow: what an old manifest could say, a new schema must still take and keep."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

Node = Mapping[str, Any]

KEEPS_UNKNOWN: Final = "x-kubernetes-preserve-unknown-fields"
INT_OR_STRING: Final = "x-kubernetes-int-or-string"
_LOWER: Final = ("minimum", "minLength", "minItems", "minProperties")
_UPPER: Final = ("maximum", "maxLength", "maxItems", "maxProperties")


def shrinks(old_crd: Node, new_crd: Node) -> list[str]:
    """Every way in which the new CRD takes less than the old one. Empty where what was written for the old still works.

    A pattern or CEL rule that changed is named too, though it may be wider: only a person can tell.
    """
    old, new = old_crd["spec"], new_crd["spec"]
    lost = [f"{part} changed" for part in ("group", "scope") if old[part] != new[part]]
    lost += [f"names.{n} changed" for n in ("kind", "plural") if old["names"][n] != new["names"][n]]
    lost += [
        f"short name {name} removed"
        for name in old["names"].get("shortNames", ())
        if name not in new["names"].get("shortNames", ())
    ]
    versions = {v["name"]: v for v in new["versions"]}
    for before in old["versions"]:
        after = versions.get(before["name"])
        lost += _version(before, after) if after else [f"version {before['name']} removed"]
    return lost


def _version(old: Node, new: Node) -> list[str]:
    name = old["name"]
    lost = [f"{name}: no longer served"] if old["served"] and not new["served"] else []
    lost += [
        f"{name}: subresource {sub} removed"
        for sub in old.get("subresources", {})
        if sub not in new.get("subresources", {})
    ]
    before, after = (version.get("schema", {}).get("openAPIV3Schema", {}) for version in (old, new))
    return lost + _schema(before, after, name)


def _schema(old: Node, new: Node, at: str) -> list[str]:
    lost = [message for check in _CHECKS for message in check(old, new, at)]
    fields = new.get("properties", {})
    for name, before in old.get("properties", {}).items():
        place = f"{at}.{name}"
        if name in fields:
            lost += _schema(before, fields[name], place)
        elif not new.get(KEEPS_UNKNOWN):
            lost.append(f"{place} removed")
    lost += [f"{at}.{name} is required now" for name in new.get("required", ()) if name not in old.get("required", ())]
    for inner, mark in (("items", "[]"), ("additionalProperties", "{}")):
        before, after = old.get(inner), new.get(inner)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            lost += _schema(before, after, at + mark)
        elif isinstance(before, Mapping) and not new.get(KEEPS_UNKNOWN):
            lost.append(f"{at}{mark} removed")
    return lost


def _type(old: Node, new: Node, at: str) -> list[str]:
    was, now = old.get("type"), new.get("type")
    if was == now:
        widened = not old.get(INT_OR_STRING) or new.get(INT_OR_STRING) or (now is None and _anything(new))
    elif now is None:
        widened = _anything(new) or (bool(new.get(INT_OR_STRING)) and was in ("integer", "string"))
    else:
        widened = (was, now) == ("integer", "number")
    return [] if widened else [f"{at}: type {_shown(old)} became {_shown(new)}"]


def _anything(node: Node) -> bool:
    return bool(node.get(KEEPS_UNKNOWN)) and "type" not in node


def _shown(node: Node) -> str:
    return "int-or-string" if node.get(INT_OR_STRING) else str(node.get("type", "anything"))


def _openness(old: Node, new: Node, at: str) -> list[str]:
    lost = []
    if old.get(KEEPS_UNKNOWN) and not new.get(KEEPS_UNKNOWN):
        lost.append(f"{at}: unknown fields are dropped now")
    if old.get("nullable") and not new.get("nullable"):
        lost.append(f"{at}: null is refused now")
    return lost


def _enum(old: Node, new: Node, at: str) -> list[str]:
    if "enum" not in new:
        return []
    if "enum" not in old:
        return [f"{at}: only {', '.join(map(str, new['enum']))} allowed now"]
    return [f"{at}: value {value} removed" for value in old["enum"] if value not in new["enum"]]


def _limits(old: Node, new: Node, at: str) -> list[str]:
    lost = []
    for names, tighter in ((_LOWER, operator.gt), (_UPPER, operator.lt)):
        for name in names:
            if name in new and (name not in old or tighter(new[name], old[name])):
                lost.append(f"{at}: {name} {old.get(name, 'unlimited')} became {new[name]}")
    for name in ("exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
        if new.get(name) and new[name] != old.get(name):
            lost.append(f"{at}: {name} {new[name]} is new")
    return lost


def _changed(old: Node, new: Node, at: str) -> list[str]:
    lost = []
    for name in ("pattern", "format"):
        if name in new and new[name] != old.get(name):
            lost.append(f"{at}: {name} changed from {old.get(name)} to {new[name]}")
    known = [rule["rule"] for rule in old.get("x-kubernetes-validations", ())]
    lost += [
        f"{at}: rule {r['rule']} is new" for r in new.get("x-kubernetes-validations", ()) if r["rule"] not in known
    ]
    if "default" in old and old["default"] != new.get("default"):
        lost.append(f"{at}: default {old['default']} became {new.get('default', 'nothing')}")
    keys = "x-kubernetes-list-map-keys"
    if new.get(keys) and new[keys] != old.get(keys):
        lost.append(f"{at}: items are told apart by {', '.join(new[keys])} now")
    return lost


_CHECKS: Sequence[Callable[[Node, Node, str], list[str]]] = (_type, _openness, _enum, _limits, _changed)
