"""What is seen of one Prometheus at one moment, and the questions that rules ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct

from common.control.operator import Key
from common.control.plan import Condition
from common.kube.objects import Meta
from prom_operator.alerting_rules.rule_file import RuleSet
from prom_operator.api.v1 import PrometheusSpec
from prom_operator.configuration.context import Context
from prom_operator.configuration.fragment import Monitor
from prom_operator.configuration.left_out import LeftOut
from prom_operator.configuration.references import Reference, Value
from prom_operator.configuration.version import Version, parse
from prom_operator.told import Told


class ShardSeen(Struct, frozen=True, kw_only=True):
    """The StatefulSet of one shard."""

    number: int
    name: str
    uid: str
    deleting: bool = False
    wanted: int = 0
    """Pods that it was asked for."""
    replicas: int = 0
    """Pods that are there."""
    updated: int = 0
    available: int = 0
    settled: bool = True
    """Its controller has seen the present spec."""
    claim_templates: tuple[Mapping[str, Any], ...] = ()
    service_name: str = ""
    management: str = ""
    version: str = ""
    """Version of Prometheus in its template, as the operator noted it."""


class PodSeen(Struct, frozen=True, kw_only=True):
    """A pod that runs, whose mounted files the kubelet refreshes."""

    name: str
    uid: str
    told: Told = Told()
    """What it was last told to fetch."""


class OwnedSeen(Struct, frozen=True):
    """An owned object that may have become surplus."""

    api_version: str
    kind: str
    name: str
    uid: str


class ServiceSeen(Struct, frozen=True):
    """The Service prometheus-operated, which all Prometheuses of a namespace share. Names and UIDs of Prometheuses."""

    sharing: tuple[tuple[str, str], ...] = ()
    owners: tuple[tuple[str, str], ...] = ()
    """As the live Service lists them."""


class Observation(Struct, frozen=True, kw_only=True, dict=True):
    """One Prometheus at one moment."""

    key: Key
    meta: Meta
    spec: PrometheusSpec
    now: float = 0.0
    """Seconds since the epoch."""
    created: float = 0.0
    """When the resource was created; seconds since the epoch."""
    namespace_ends: bool = False
    """Its namespace is being deleted: nothing can be created in it."""
    monitors: tuple[Monitor, ...] = ()
    """Selected; ServiceMonitors before PodMonitors, each by namespace and name."""
    rule_sets: tuple[RuleSet, ...] = ()
    unreadable: tuple[tuple[str, LeftOut], ...] = ()
    """Selected, but their spec is not what their type says."""
    values: Mapping[Reference, Value] = {}
    """What the selected monitors and the Prometheus itself refer to, where it is known; None where it is missing."""
    unread: tuple[Reference, ...] = ()
    """What has to be read first."""
    shards: tuple[ShardSeen, ...] = ()
    pods: tuple[PodSeen, ...] = ()
    owned: tuple[OwnedSeen, ...] = ()
    """ConfigMaps and Secrets of this Prometheus."""
    service: ServiceSeen = ServiceSeen()
    reported: tuple[Condition, ...] = ()
    """Conditions that the resource has now, for looks that cannot say anything new."""

    @property
    def name(self) -> str:
        """The Prometheus's name."""
        return self.meta.name

    @cached_property
    def version(self) -> Version | None:
        """The version that is wanted; None where the text names none."""
        return parse(self.spec.version)

    @cached_property
    def shard_count(self) -> int:
        """At least one."""
        return max(1, self.spec.shards)

    @cached_property
    def context(self) -> Context:
        """What the configuration takes over from the Prometheus. Only for a version that is known."""
        assert self.version is not None  # noqa: S101 - refused before
        return Context(self.meta.namespace, self.version, self.shard_count, self.spec, self.variables)

    @cached_property
    def variables(self) -> frozenset[str]:
        """Variables that the user gave to the config reloader."""
        reloader = [c for c in self.spec.containers if c.get("name") == "config-reloader"]
        env = [e for c in reloader for e in c.get("env") or () if isinstance(e, dict)]
        return frozenset(str(e.get("name")) for e in env)

    def shard(self, number: int) -> ShardSeen | None:
        """The StatefulSet of a shard."""
        return next((s for s in self.shards if s.number == number), None)
