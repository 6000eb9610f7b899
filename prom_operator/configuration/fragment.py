"""The scrape jobs of one monitor as text, made once for each state of the monitor and of what it depends on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any, Literal

from msgspec import Struct

from prom_operator.api.monitors import ServiceMonitorSpec
from prom_operator.configuration import pod_monitor, service_monitor
from prom_operator.configuration.context import Context
from prom_operator.configuration.left_out import LeftOut
from prom_operator.configuration.references import Reference, Value, Values, references_in
from prom_operator.configuration.text import items

FRAGMENTS_KEPT = 4096  # some 4 KiB each
_VARIABLE = re.compile(r"\$\(([a-zA-Z_0-9]+)\)")
EXPANDED = frozenset({"POD_NAME", "SHARD"})
"""What the config reloader puts in."""

MonitorKind = Literal["ServiceMonitor", "PodMonitor"]


class Monitor(Struct, frozen=True, eq=False, dict=True):
    """A selected monitor. Equal only to itself: another state of it is another object."""

    kind: MonitorKind
    namespace: str
    name: str
    spec: Any
    """A ServiceMonitorSpec or a PodMonitorSpec."""

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Keys of Secrets and ConfigMaps that it refers to."""
        return tuple(sorted(set(references_in(self.spec, self.namespace))))

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


class Fragment(Struct, frozen=True):
    """Entries of scrape_configs, and the TLS files that they name."""

    text: str
    jobs: tuple[str, ...]
    assets: Mapping[str, str]


Known = tuple[tuple[Reference, Value], ...]
"""The values of what a monitor (and the API server's address) refers to, in a fixed order."""


@lru_cache(maxsize=FRAGMENTS_KEPT)
def fragment(monitor: Monitor, context: Context, known: Known) -> Fragment | LeftOut:
    """A monitor's jobs, or why it is left out."""
    values = Values(monitor.namespace, dict(known), from_monitor=True)
    of_prometheus = Values(context.namespace, dict(known))
    try:
        jobs = _jobs(monitor, context, values, of_prometheus)
        text = items(jobs)
        check_variables(text, context)
    except LeftOut as left_out:
        return left_out
    return Fragment(text, tuple(job["job_name"] for job in jobs), {**values.assets, **of_prometheus.assets})


def _jobs(monitor: Monitor, context: Context, values: Values, of_prometheus: Values) -> list[dict[str, Any]]:
    if isinstance(monitor.spec, ServiceMonitorSpec):
        return service_monitor.jobs(monitor.namespace, monitor.name, monitor.spec, context, values, of_prometheus)
    return pod_monitor.jobs(monitor.namespace, monitor.name, monitor.spec, context, values, of_prometheus)


def check_variables(text: str, context: Context) -> None:
    """Refuse `$(NAME)` for a variable that the config reloader does not have.

    It stops at the first one, for ever: one monitor would keep every later change from its Prometheuses.
    """
    for name in _VARIABLE.findall(text):
        if name not in EXPANDED and name not in context.variables:
            raise LeftOut(
                "UnknownVariable",
                f"$({name}) would be expanded by the config reloader, which has no such variable",
            )
