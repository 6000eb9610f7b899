"""The whole configuration file, in the order that users know from prometheus-operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prom_operator.api.v1 import Scraping
from prom_operator.configuration import additional, remote
from prom_operator.configuration.alerting import REPLICA_LABEL, alerting
from prom_operator.configuration.context import Context
from prom_operator.configuration.fragment import Fragment, check_variables
from prom_operator.configuration.left_out import LeftOut
from prom_operator.configuration.limits import NUMBERS, protocols
from prom_operator.configuration.references import Values
from prom_operator.configuration.relabeling import LABEL
from prom_operator.configuration.text import document, items

QUERY_LOGS = "/var/log/prometheus"


def configuration(
    name: str, context: Context, fragments: Sequence[Fragment], rule_files: Sequence[str], values: Values
) -> str:
    """The file as text. Raises LeftOut for what is wrong with the Prometheus itself."""
    spec = context.spec
    before: dict[str, Any] = {"global": _global(name, context)}
    if spec.runtime and context.since(2, 53) and (percent := spec.runtime.get("goGC")) is not None:
        before["runtime"] = {"gogc": percent}
    if rule_files:
        before["rule_files"] = list(rule_files)
    jobs = "".join(f.text for f in fragments) + _additional(context, fragments, values)
    scrape = f"scrape_configs:\n{jobs}" if jobs else "scrape_configs: []\n"
    after = _after(context, values)
    text = document(before) + scrape + (document(after) if after else "")
    check_variables(text, context)
    return text


def _after(context: Context, values: Values) -> dict[str, Any]:
    spec = context.spec
    said: dict[str, Any] = {}
    if storage := _storage(context):
        said["storage"] = storage
    relabelings = _raw(spec.additional_alert_relabel_configs, "additionalAlertRelabelConfigs", values)
    alertmanagers = _raw(spec.additional_alert_manager_configs, "additionalAlertManagerConfigs", values)
    if alerts := alerting(context, values, relabelings, alertmanagers):
        said["alerting"] = alerts
    if spec.remote_write:
        remote.check_names(spec.remote_write, "remoteWrite")
        said["remote_write"] = [remote.write(one, i, context, values) for i, one in enumerate(spec.remote_write)]
    if spec.remote_read:
        remote.check_names(spec.remote_read, "remoteRead")
        said["remote_read"] = [remote.read(one, i, context, values) for i, one in enumerate(spec.remote_read)]
    return said


def _global(name: str, context: Context) -> dict[str, Any]:
    spec = context.spec
    said: dict[str, Any] = {"scrape_interval": spec.scrape_interval or "30s"}
    if spec.scrape_timeout:
        said["scrape_timeout"] = spec.scrape_timeout
    if spec.scrape_protocols and context.since(2, 49):
        said["scrape_protocols"] = protocols(spec.scrape_protocols, context)
    said["external_labels"] = _external_labels(name, context)
    said["evaluation_interval"] = spec.evaluation_interval or "30s"
    if spec.rule_query_offset and context.since(2, 53):
        said["rule_query_offset"] = spec.rule_query_offset
    if spec.query_log_file and context.since(2, 16):
        path = spec.query_log_file
        said["query_log_file"] = path if "/" in path else f"{QUERY_LOGS}/{path}"
    if context.since(2, 45):
        said |= _global_limits(spec, context)
    if spec.name_validation_scheme and context.since(3, 0):
        said["metric_name_validation_scheme"] = spec.name_validation_scheme.lower()
    return said


def _global_limits(spec: Scraping, context: Context) -> dict[str, Any]:
    """Limits for jobs that say nothing; they can not be above the enforced ones."""
    said: dict[str, Any] = {}
    for limit, since in NUMBERS:
        own, enforced = getattr(spec, limit), getattr(spec, f"enforced_{limit}")
        lowest = min((n for n in (own, enforced) if n), default=None)
        if lowest is not None and context.version >= since:
            said[limit] = lowest
    body = spec.enforced_body_size_limit or spec.body_size_limit
    if body:
        said["body_size_limit"] = body
    return said


def _external_labels(name: str, context: Context) -> dict[str, str]:
    """The user's labels, and two by which the servers can be told apart; an empty name turns one off."""
    spec = context.spec
    own = spec.prometheus_external_label_name
    replica = spec.replica_external_label_name
    labels = dict(spec.external_labels)
    if own is None or own:
        labels["prometheus" if own is None else own] = f"{context.namespace}/{name}"
    if replica is None or replica:
        labels[REPLICA_LABEL if replica is None else replica] = "$(POD_NAME)"
    for label in labels:
        if not label or (not context.since(3, 0) and not LABEL.fullmatch(label)):
            raise LeftOut("InvalidLabelName", f"externalLabels: {label!r} is not a label name")
    return dict(sorted(labels.items()))


def _additional(context: Context, fragments: Sequence[Fragment], values: Values) -> str:
    key = context.spec.additional_scrape_configs
    if key is None:
        return ""
    where = "additionalScrapeConfigs"
    text = values.secret(key, where)
    taken = frozenset(job for f in fragments for job in f.jobs)
    return items(additional.scrape_configs(text, taken, context.shards, where))


def _raw(key: Any, where: str, values: Values) -> list[dict[str, Any]]:
    return [] if key is None else additional.entries(values.secret(key, where), where)


def _storage(context: Context) -> dict[str, Any]:
    spec = context.spec
    said: dict[str, Any] = {}
    if spec.tsdb is not None and spec.tsdb.out_of_order_time_window and context.since(2, 39):
        said["tsdb"] = {"out_of_order_time_window": spec.tsdb.out_of_order_time_window}
    if spec.exemplars is not None and spec.exemplars.max_size is not None and context.since(2, 29):
        said["exemplars"] = {"max_exemplars": spec.exemplars.max_size}
    return said
