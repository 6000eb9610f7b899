"""What the informers keep of objects that a Prometheus selects or refers to."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec
from msgspec import Raw

from common.kube.objects import Meta, Object
from common.kube.resource import Resource
from common.resources.decode import decode
from common.resources.kind import Kind
from prom_operator.alerting_rules.rule_file import RuleSet
from prom_operator.api.monitors import POD_MONITOR_KIND, SERVICE_MONITOR_KIND
from prom_operator.api.rules import PROMETHEUS_RULE_KIND
from prom_operator.configuration.fragment import Monitor, MonitorKind
from prom_operator.configuration.left_out import LeftOut

# The same collections as Secrets and ConfigMaps, under names of their own: the operator's own objects are kept whole,
# and of everybody else's only that they are there.
REFERRED_SECRET = Resource("", "v1", "ReferredSecret", "secrets")
REFERRED_CONFIG_MAP = Resource("", "v1", "ReferredConfigMap", "configmaps")


class BareMeta(Meta, frozen=True, kw_only=True):
    """Metadata without annotations: `kubectl apply` leaves whole Secrets in one."""

    def __post_init__(self) -> None:
        """Let go of what is not needed."""
        msgspec.structs.force_setattr(self, "annotations", {})
        msgspec.structs.force_setattr(self, "owner_references", ())


class Referred(Object, kw_only=True):
    """A Secret or ConfigMap that may be referred to: which state of it there is, not what is in it."""

    metadata: BareMeta


class Dependent(Object, kw_only=True, dict=True, eq=False):
    """A resource that Prometheuses select; its spec is decoded when first needed, once for each state of it."""

    spec: Raw = Raw(b"{}")

    def _spec(self, kind: Kind) -> Any:
        """The spec, or why it has none."""
        meta = {"name": self.metadata.name, "namespace": self.metadata.namespace}
        try:
            spec = msgspec.json.decode(self.spec)
        except msgspec.DecodeError:
            return LeftOut("InvalidSpec", "spec: not readable")
        decoded = decode(kind, {"metadata": meta, "spec": spec})
        if decoded.problem is not None:
            return LeftOut(decoded.problem.code, decoded.problem.message)
        return decoded.spec

    def same_as(self, other: Dependent) -> bool:
        """True when nothing that configurations are made from differs."""
        return (
            self.metadata.labels == other.metadata.labels
            and bytes(self.spec) == bytes(other.spec)
            and (self.metadata.deletion_timestamp is None) == (other.metadata.deletion_timestamp is None)
        )


class _SeenMonitor(Dependent, kw_only=True, dict=True, eq=False):
    def _monitor(self, kind: MonitorKind, of: Kind) -> Monitor | LeftOut:
        spec = self._spec(of)
        return spec if isinstance(spec, LeftOut) else Monitor(kind, self.metadata.namespace, self.metadata.name, spec)


class SeenServiceMonitor(_SeenMonitor, kw_only=True, dict=True, eq=False):
    """A ServiceMonitor."""

    @cached_property
    def monitor(self) -> Monitor | LeftOut:
        """It, decoded."""
        return self._monitor("ServiceMonitor", SERVICE_MONITOR_KIND)


class SeenPodMonitor(_SeenMonitor, kw_only=True, dict=True, eq=False):
    """A PodMonitor."""

    @cached_property
    def monitor(self) -> Monitor | LeftOut:
        """It, decoded."""
        return self._monitor("PodMonitor", POD_MONITOR_KIND)


class SeenPrometheusRule(Dependent, kw_only=True, dict=True, eq=False):
    """A PrometheusRule."""

    @cached_property
    def rules(self) -> RuleSet | LeftOut:
        """It, decoded."""
        spec = self._spec(PROMETHEUS_RULE_KIND)
        meta = self.metadata
        return spec if isinstance(spec, LeftOut) else RuleSet(meta.namespace, meta.name, meta.uid, spec)
