"""One PrometheusRule as the text of a rule file, checked as Prometheus checks it.

Source: prometheus/prometheus, model/rulefmt/rulefmt.go, Validate.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from prom_operator.alerting_rules import expression, template
from prom_operator.api.rules import PrometheusRuleSpec, Rule, RuleGroup
from prom_operator.configuration.duration import milliseconds
from prom_operator.configuration.left_out import LeftOut
from prom_operator.configuration.relabeling import LABEL, UTF8_NAMES
from prom_operator.configuration.text import document
from prom_operator.configuration.version import Version

FILES_KEPT = 2048


class RuleSet(Struct, frozen=True, eq=False):
    """A selected PrometheusRule. Equal only to itself: another state of it is another object."""

    namespace: str
    name: str
    uid: str
    spec: PrometheusRuleSpec

    @property
    def file(self) -> str:
        """Its file's name; the uid keeps apart `a-b/c` and `a/b-c`."""
        return f"{self.namespace}-{self.name}-{self.uid}.yaml"

    def __str__(self) -> str:
        return f"PrometheusRule {self.namespace}/{self.name}"


@lru_cache(maxsize=FILES_KEPT)
def rule_file(rules: RuleSet, version: Version, namespace_label: str) -> str | LeftOut:
    """The file's text, or why it is left out. `namespace_label` is put on every series and alert, if not empty."""
    forced = {namespace_label: rules.namespace} if namespace_label else {}
    try:
        return document({"groups": _groups(rules.spec, version, forced)})
    except LeftOut as left_out:
        return left_out


def _groups(spec: PrometheusRuleSpec, version: Version, forced: Mapping[str, str]) -> list[dict[str, Any]]:
    names = [group.name for group in spec.groups]
    for i, name in enumerate(names):
        if not name:
            raise LeftOut("InvalidRuleGroup", f"groups[{i}].name: it is empty")
        if name in names[:i]:
            raise LeftOut("InvalidRuleGroup", f"groups[{i}].name: {name!r} stands there twice")
    return [_group(group, f"groups[{i}]", version, forced) for i, group in enumerate(spec.groups)]


def _group(group: RuleGroup, where: str, version: Version, forced: Mapping[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {"name": group.name}
    if group.interval:
        said["interval"] = _duration(group.interval, f"{where}.interval")
    if group.query_offset and version >= (2, 53):
        said["query_offset"] = _duration(group.query_offset, f"{where}.query_offset")
    if group.limit is not None and version >= (2, 31):
        if not 0 <= group.limit < 2**31:
            raise LeftOut("InvalidRuleGroup", f"{where}.limit: {group.limit} is out of range")
        said["limit"] = group.limit
    if group.labels and version >= (3, 0):
        said["labels"] = _labels(group.labels, f"{where}.labels", version)
    said["rules"] = [_rule(rule, f"{where}.rules[{i}]", version, forced) for i, rule in enumerate(group.rules)]
    return said


def _rule(rule: Rule, where: str, version: Version, forced: Mapping[str, str]) -> dict[str, Any]:
    if bool(rule.record) == bool(rule.alert):
        raise LeftOut("InvalidRule", f"{where}: exactly one of record and alert must be set")
    text = str(rule.expr)
    expression.check(text, where)
    said: dict[str, Any] = {"record": rule.record, "expr": text} if rule.record else {"alert": rule.alert, "expr": text}
    if rule.record:
        _check_record(rule, where, version)
    if rule.for_:
        said["for"] = _duration(rule.for_, f"{where}.for")
    if rule.keep_firing_for and version >= (2, 42):
        said["keep_firing_for"] = _duration(rule.keep_firing_for, f"{where}.keep_firing_for")
    if rule.labels or forced:
        said["labels"] = _labels({**rule.labels, **forced}, f"{where}.labels", version)
    if rule.annotations:
        said["annotations"] = _annotations(rule.annotations, f"{where}.annotations", version)
    if rule.alert:
        _check_templates(rule, where)
    return said


def _check_record(rule: Rule, where: str, version: Version) -> None:
    if rule.annotations or rule.for_ or rule.keep_firing_for:
        raise LeftOut("InvalidRule", f"{where}: a recording rule has no annotations, for or keep_firing_for")
    plain = all(LABEL.fullmatch(part or "_") for part in rule.record.split(":")) and not rule.record[0].isdigit()
    # 3.x takes any text as a name, but not an expression by mistake.
    if not plain and (version < UTF8_NAMES or "{" in rule.record or "}" in rule.record):
        raise LeftOut("InvalidRule", f"{where}.record: {rule.record!r} is not a name of a series")


def _check_templates(rule: Rule, where: str) -> None:
    for kind, texts in (("labels", rule.labels), ("annotations", rule.annotations)):
        for name, text in texts.items():
            said = template.wrong(text)
            if said is not None:
                raise LeftOut("InvalidTemplate", f"{where}.{kind}.{name}: {said}")


def _labels(given: Mapping[str, str], where: str, version: Version) -> dict[str, str]:
    for name in given:
        if name == "__name__" or not _is_name(name, version):
            raise LeftOut("InvalidLabelName", f"{where}: {name!r} cannot be set")
    return dict(sorted(given.items()))


def _annotations(given: Mapping[str, str], where: str, version: Version) -> dict[str, str]:
    for name in given:
        if not _is_name(name, version):
            raise LeftOut("InvalidAnnotation", f"{where}: {name!r} is not a name")
    return dict(sorted(given.items()))


def _is_name(name: str, version: Version) -> bool:
    return bool(name) if version >= UTF8_NAMES else LABEL.fullmatch(name) is not None


def _duration(text: str, where: str) -> str:
    if milliseconds(text) is None:
        raise LeftOut("InvalidDuration", f"{where}: {text!r} is not a duration such as 5m")
    return text
