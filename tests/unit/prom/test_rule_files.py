from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from prom_operator.alerting_rules import template
from prom_operator.alerting_rules.packing import ROOM, packed
from tests.unit.prom.worlds import EVERYTHING, Cluster, applied, left_out, one, prometheus, resource, rules

ALERT = {
    "alert": "Down",
    "expr": "up == 0",
    "for": "5m",
    "keep_firing_for": "1m",
    "labels": {"severity": "page"},
    "annotations": {"summary": "{{ $labels.job }} is down"},
}


def files_of(*manifests: Any, **spec: Any) -> dict[str, Any]:
    plan = Cluster(prometheus(**{**EVERYTHING, **spec}), *manifests).plan()
    found: dict[str, Any] = {}
    for manifest in applied(plan):
        if manifest["kind"] == "ConfigMap":
            found |= {name: yaml.safe_load(text) for name, text in manifest["data"].items()}
    return found


def test_a_rule_file() -> None:
    files = files_of(rules("r", ALERT, {"record": "a:b", "expr": 1}))
    assert files == {
        "default-r-uid-r.yaml": {"groups": [{"name": "g", "rules": [ALERT, {"record": "a:b", "expr": "1"}]}]}
    }


def test_the_configuration_names_the_folders() -> None:
    plan = Cluster(prometheus(**EVERYTHING)).plan()
    assert one(plan, "ConfigMap", "prometheus-p-rulefiles-0")["data"] == {}
    pods = one(plan, "StatefulSet", "prometheus-p")["spec"]["template"]["spec"]
    reloader = next(c for c in pods["containers"] if c["name"] == "config-reloader")
    assert "--watched-dir=/etc/prometheus/rules/prometheus-p-rulefiles-0" in reloader["args"]


def test_no_rules_are_mounted_where_none_are_selected() -> None:
    plan = Cluster(prometheus()).plan()
    assert not [m for m in applied(plan) if m["kind"] == "ConfigMap"]


def test_the_enforced_namespace_is_a_label() -> None:
    files = files_of(
        rules("r", {"record": "a", "expr": "b", "labels": {"tenant": "x"}}), enforcedNamespaceLabel="tenant"
    )
    assert files["default-r-uid-r.yaml"]["groups"][0]["rules"][0]["labels"] == {"tenant": "default"}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"record": "a", "expr": "foo{"}, "groups[0].rules[0].expr: unexpected end of input"),
        ({"record": "a", "expr": "sum(rate(x))"}, "expected type matrix"),
        ({"record": "a", "expr": ""}, "it is empty"),
        ({"record": "a", "expr": "nosuch(x)"}, "unknown function"),
        ({"expr": "up"}, "exactly one of record and alert"),
        ({"record": "a", "alert": "b", "expr": "up"}, "exactly one of record and alert"),
        ({"record": "a", "expr": "up", "for": "5m"}, "a recording rule has no"),
        ({"record": "a{b}", "expr": "up"}, "is not a name of a series"),
        ({"alert": "a", "expr": "up", "for": "5 minutes"}, "for"),
        ({"alert": "a", "expr": "up", "labels": {"__name__": "x"}}, "'__name__' cannot be set"),
        ({"alert": "a", "expr": "up", "annotations": {"x": "{{ $value "}}, "annotations.x: an action is opened"),
        ({"alert": "a", "expr": "up", "labels": {"x": "{{ nosuch }}"}}, "unknown function nosuch"),
        ({"alert": "a"}, "expr: Required, but missing"),
    ],
)
def test_a_wrong_rule_is_left_out_and_named(rule: dict[str, Any], said: str) -> None:
    message = left_out(rules("wrong", rule), rules("right", ALERT))
    assert "PrometheusRule default/wrong: " in message
    assert said in message
    assert list(files_of(rules("wrong", rule), rules("right", ALERT))) == ["default-right-uid-right.yaml"]


def test_names_of_groups_are_unique() -> None:
    twice = resource("PrometheusRule", "r", {"groups": [{"name": "g", "rules": []}, {"name": "g", "rules": []}]})
    assert "'g' stands there twice" in left_out(twice)


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "{{ $labels.job }}",
        "{{ $value | humanizePercentage }}",
        '{{ printf "%.2f" $value }}',
        "{{- /* c */ -}}",
        "{{ with query \"up{job='x'}\" }}{{ . | first | value }}{{ end }}",
        "{{ if gt $value 1.5 }}a{{ else }}b{{ end }}",
        "{{ range $i, $e := query `up` }}{{ $e.Labels.job }}{{ end }}",
        '{{ (index $labels "a.b") }}',
        "{ {x} }",
        '{{ reReplaceAll "(.*):.*" "$1" $labels.instance }}',
        "{{ $x := 1 }}{{ $x }}",
        "{{.Labels.job}}",
        "{{ $externalURL }}",
        '{{ define "a" }}x{{ end }}{{ template "a" . }}',
        "{{ len $labels.SortedPairs }}",
        "{{ 1.0e3 }}",
        "{{ -1 }}",
    ],
)
def test_sound_templates(text: str) -> None:
    assert template.wrong(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "{{ x",
        "{{ }}",
        "{{ end }}",
        "{{ if $value }}x",
        "{{ else }}",
        "{{ nosuch $value }}",
        "{{ (1 }}",
        "{{ if }}x{{ end }}",
        '{{ "open }}',
        "{{ $value | nosuch }}",
    ],
)
def test_wrong_templates(text: str) -> None:
    assert template.wrong(text) is not None


@given(st.lists(st.integers(1, ROOM // 3), max_size=12))
def test_every_file_is_packed_once_and_no_portion_overflows(lengths: list[int]) -> None:
    files = [(f"f{i:02}", "x" * length) for i, length in enumerate(lengths)]
    portions = packed(files)
    assert [f for p in portions for f in p.items()] == files
    assert all(sum(map(len, p.values())) <= ROOM for p in portions)
    assert portions


def test_many_rules_take_several_config_maps() -> None:
    long = "a" * (ROOM // 2)
    sets = [rules(f"r{i}", {"alert": "a", "expr": "up", "annotations": {"x": long}}) for i in range(3)]
    plan = Cluster(prometheus(**EVERYTHING), *sets).plan()
    names = [m["metadata"]["name"] for m in applied(plan) if m["kind"] == "ConfigMap"]
    assert names == ["prometheus-p-rulefiles-0", "prometheus-p-rulefiles-1", "prometheus-p-rulefiles-2"]
