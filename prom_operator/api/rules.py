"""PrometheusRule: recording and alerting rules."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from common.kube.resource import Resource
from common.resources.fields import Duration, IntOrString, doc
from common.resources.kind import Kind
from prom_operator.api.shared import Part

PROMETHEUS_RULE = Resource("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules")


class Rule(Part, kw_only=True, frozen=True):
    """A recording rule (record) or an alerting rule (alert)."""

    expr: Annotated[IntOrString, doc("PromQL expression.")]
    record: Annotated[str, doc("Name of the series that it writes.")] = ""
    alert: Annotated[str, doc("Name of the alert that it raises.")] = ""
    for_: Duration | None = field(default=None, name="for")
    keep_firing_for: Annotated[Duration | None, doc("How long an alert goes on after its condition ended.")] = field(
        default=None, name="keep_firing_for"
    )
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


class RuleGroup(Part, frozen=True):
    """Rules that are evaluated one after the other."""

    name: Annotated[str, doc("Unique within the PrometheusRule.")]
    interval: Duration | None = None
    query_offset: Duration | None = field(default=None, name="query_offset")
    labels: Annotated[dict[str, str], doc("Added to every rule (Prometheus 3.0).")] = field(default_factory=dict)
    limit: int | None = None
    rules: tuple[Rule, ...] = ()
    partial_response_strategy: Annotated[str | None, doc("For Thanos only.")] = field(
        default=None, name="partial_response_strategy"
    )


class PrometheusRuleSpec(Part, frozen=True):
    """Groups of rules."""

    groups: tuple[RuleGroup, ...] = ()


PROMETHEUS_RULE_KIND = Kind(
    resource=PROMETHEUS_RULE,
    spec=PrometheusRuleSpec,
    status=None,
    singular="prometheusrule",
    short_names=("promrule",),
    categories=("prometheus-operator",),
    preserve_unknown=True,
)
