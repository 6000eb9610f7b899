"""Relabeling steps: the user's, checked, and those that are generated.

Prometheus refuses its whole configuration for one wrong step, so every step is checked here as Prometheus would.
Source: prometheus/prometheus, model/relabel/relabel.go, Validate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import re2

from prom_operator.api.shared import RelabelConfig
from prom_operator.configuration.left_out import LeftOut
from prom_operator.configuration.version import Version

Step = dict[str, Any]

LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_TARGET_TEMPLATE = re.compile(r"(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+")
_WITH_TARGET = frozenset({"replace", "keepequal", "dropequal", "hashmod", "lowercase", "uppercase"})
_SINCE = {"lowercase": (2, 36), "uppercase": (2, 36), "keepequal": (2, 41), "dropequal": (2, 41)}
_ACTIONS = _WITH_TARGET | {"keep", "drop", "labelmap", "labeldrop", "labelkeep"}
_INVALID = re.compile(r"[^a-zA-Z0-9_]")
UTF8_NAMES = (3, 0)
"""From here on any text is a label name."""


def label_part(name: str) -> str:
    """A Kubernetes label's name as it stands in a meta label."""
    return _INVALID.sub("_", name)


def keep(source: Sequence[str], regex: str) -> Step:
    """Keep targets that match."""
    return {"action": "keep", "source_labels": list(source), "regex": regex}


def drop(source: Sequence[str], regex: str) -> Step:
    """Drop targets that match."""
    return {"action": "drop", "source_labels": list(source), "regex": regex}


def copy(source: str, target: str) -> Step:
    """Copy a label."""
    return {"source_labels": [source], "target_label": target}


def copy_if_set(source: str, target: str) -> Step:
    """Copy a label, but never an empty one over another."""
    return {"source_labels": [source], "target_label": target, "regex": "(.+)", "replacement": "${1}"}


def fixed(target: str, value: str) -> Step:
    """Set a label."""
    return {"target_label": target, "replacement": value}


def sharding(shards: int, source: str = "__address__") -> list[Step]:
    """Keep the share of this shard.

    A target that brings its own __tmp_hash is placed by that; one with __tmp_disable_sharding is on every shard.
    """
    return [
        {"source_labels": [source, "__tmp_hash"], "target_label": "__tmp_hash", "regex": "(.+);",
         "replacement": "$1", "action": "replace"},
        {"source_labels": ["__tmp_hash"], "target_label": "__tmp_hash", "modulus": shards, "action": "hashmod"},
        {"source_labels": ["__tmp_hash", "__tmp_disable_sharding"], "regex": "$(SHARD);|.+;.+", "action": "keep"},
    ]  # fmt: skip


def check_generated(generated: Iterable[Step], version: Version) -> None:
    """Names and patterns of the monitor (ports, labels, selector values) become part of steps: check those too.

    Raises LeftOut. A port named `(` would otherwise keep Prometheus from loading anything at all.
    """
    for step in generated:
        regex, target = step.get("regex"), step.get("target_label")
        if regex is not None and (wrong := _wrong_regex(regex)) is not None:
            raise LeftOut("InvalidRelabeling", f"generated from a port, label or selector: {wrong}")
        if target is not None and (not target or (version < UTF8_NAMES and not _TARGET_TEMPLATE.fullmatch(target))):
            raise LeftOut("InvalidLabelName", f"{target!r} is not a label name")


def steps(given: Iterable[RelabelConfig], version: Version, where: str) -> list[Step]:
    """The user's steps in Prometheus' own words. Raises LeftOut for one that Prometheus would refuse."""
    return [_step(one, version, f"{where}[{i}]") for i, one in enumerate(given)]


def _step(given: RelabelConfig, version: Version, where: str) -> Step:
    action = given.action.lower()
    _check(given, action or "replace", version, where)
    step: Step = {}
    if given.source_labels:
        step["source_labels"] = list(given.source_labels)
    if given.separator is not None:
        step["separator"] = given.separator
    if given.target_label:
        step["target_label"] = given.target_label
    if given.regex:
        step["regex"] = given.regex
    if given.modulus:
        step["modulus"] = given.modulus
    if given.replacement is not None:
        step["replacement"] = given.replacement
    if action:
        step["action"] = action
    return step


def _check(given: RelabelConfig, action: str, version: Version, where: str) -> None:
    wrong = _wrong_action(given, action, version) or _wrong_names(given, action, version) or _surplus(given, action)
    if wrong is None and given.regex:
        wrong = _wrong_regex(given.regex)
    if wrong is not None:
        raise LeftOut("InvalidRelabeling", f"{where}: {wrong}")


def _wrong_action(given: RelabelConfig, action: str, version: Version) -> str | None:
    if action not in _ACTIONS:
        return f"unknown action {given.action!r}"
    if version < _SINCE.get(action, ()):
        return f"action {action} needs Prometheus {'.'.join(map(str, _SINCE[action]))}"
    if action == "hashmod" and given.modulus <= 0:
        return "hashmod needs a modulus above 0"
    if not 0 <= given.modulus < 2**64:
        return "modulus is out of range"
    if action in _WITH_TARGET and not given.target_label:
        return f"{action} needs a targetLabel"
    return None


def _wrong_names(given: RelabelConfig, action: str, version: Version) -> str | None:
    if "" in given.source_labels:
        return "an empty source label"
    if version >= UTF8_NAMES:
        return None
    bad = next((name for name in given.source_labels if not LABEL.fullmatch(name)), None)
    if bad is not None:
        return f"{bad!r} is not a label name for Prometheus {version}"
    pattern = _TARGET_TEMPLATE if action == "replace" else LABEL
    if action in _WITH_TARGET and not pattern.fullmatch(given.target_label):
        return f"{given.target_label!r} is not a label name for Prometheus {version}"
    if action == "labelmap" and not _TARGET_TEMPLATE.fullmatch(given.replacement or "$1"):
        return f"{given.replacement!r} is not a label name for Prometheus {version}"
    return None


def _surplus(given: RelabelConfig, action: str) -> str | None:
    """Settings that an action has no use for; Prometheus refuses them unless they are its defaults."""
    unset_replacement = given.replacement in (None, "$1")
    unset_regex = given.regex in ("", "(.*)")
    unset_separator = given.separator in (None, ";")
    if action in ("lowercase", "uppercase", "keepequal", "dropequal") and not unset_replacement:
        return f"{action} takes no replacement"
    if action in ("keepequal", "dropequal") and not (unset_regex and unset_separator and not given.modulus):
        return f"{action} takes sourceLabels and targetLabel only"
    if action in ("labeldrop", "labelkeep") and not (
        unset_replacement
        and unset_separator
        and not given.modulus
        and not given.source_labels
        and not given.target_label
    ):
        return f"{action} takes a regex only"
    return None


_SILENT = re2.Options()
_SILENT.log_errors = False


@lru_cache(maxsize=4096)
def _wrong_regex(regex: str) -> str | None:
    try:
        re2.compile(f"^(?s:{regex})$", _SILENT)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        return f"regex {regex!r}: {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    return None
