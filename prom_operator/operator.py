"""The Prometheus operator, wired."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from common.control.operator import Key, Operator, World, owner_key
from common.kube.informer import Watch
from common.kube.objects import Body, Object, Pod, StatefulSet
from common.kube.resource import (
    CONFIG_MAP,
    NAMESPACE,
    POD,
    POD_MONITOR,
    SECRET,
    SERVICE,
    SERVICE_MONITOR,
    STATEFUL_SET,
    Resource,
)
from common.workload.names import MANAGED_BY
from prom_operator import names
from prom_operator.act import act
from prom_operator.affected import affected
from prom_operator.analyze import analyze
from prom_operator.api.monitors import POD_MONITOR_KIND, SERVICE_MONITOR_KIND
from prom_operator.api.rules import PROMETHEUS_RULE, PROMETHEUS_RULE_KIND
from prom_operator.api.v1 import KIND
from prom_operator.observe import observe
from prom_operator.reads import Reads
from prom_operator.seen import (
    REFERRED_CONFIG_MAP,
    REFERRED_SECRET,
    Referred,
    SeenPodMonitor,
    SeenPrometheusRule,
    SeenServiceMonitor,
)

_OURS = f"{MANAGED_BY}={names.OPERATOR}"
_OTHERS = f"{MANAGED_BY}!={names.OPERATOR}"


def _namespace(seen: Object) -> str:
    return seen.metadata.namespace


def _owned(resource: Resource, view: type[Any]) -> Watch[Any]:
    return Watch(resource, view, label_selector=_OURS, key_of=owner_key)


WATCHES: tuple[Watch[Any], ...] = (
    _owned(STATEFUL_SET, StatefulSet),
    _owned(POD, Pod),
    _owned(SECRET, Body),
    _owned(CONFIG_MAP, Body),
    _owned(SERVICE, Body),
    Watch(SERVICE_MONITOR, SeenServiceMonitor, key_of=_namespace),
    Watch(POD_MONITOR, SeenPodMonitor, key_of=_namespace),
    Watch(PROMETHEUS_RULE, SeenPrometheusRule, key_of=_namespace),
    Watch(NAMESPACE, Object, only_metadata=True),
    Watch(REFERRED_SECRET, Referred, label_selector=_OTHERS, only_metadata=True),
    Watch(REFERRED_CONFIG_MAP, Referred, label_selector=_OTHERS, only_metadata=True),
)


def operator() -> Operator:
    """A new one, which has read nothing yet."""
    reads = Reads()

    def touched(resource: Resource, old: Any, new: Any, world: World) -> Iterable[Key]:
        return affected(resource, old, new, world, reads)

    return Operator(
        name=names.OPERATOR,
        kinds=(KIND,),
        watches=WATCHES,
        observe=partial(observe, reads=reads),
        analyze=analyze,
        act=partial(act, reads=reads),
        affected=touched,
        dependents=(SERVICE_MONITOR_KIND, POD_MONITOR_KIND, PROMETHEUS_RULE_KIND),
    )


OPERATOR = operator()
