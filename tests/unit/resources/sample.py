"""A type with one field of every construct that a schema can have. Its CRD is also tried on a real API server."""

from __future__ import annotations

import enum
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from common.kube.resource import Resource
from common.resources.fields import (
    OPEN,
    Conditions,
    Duration,
    Embedded,
    EmbeddedList,
    GoDuration,
    Image,
    IntOrString,
    Label,
    ObjectName,
    Quantity,
    Resources,
    Text,
    doc,
    keyed,
    matching,
    rule,
)
from common.resources.kind import AGE, Column, Kind, Rule, Scale


class Mode(enum.Enum):
    FAST = "Fast"
    SAFE = "Safe"


class Storage(Struct, rename="camel", frozen=True):
    """Where the data lives."""

    size: Annotated[Quantity, doc("Size of each volume.", defaulted=True)] = "1Gi"
    storage_class_name: Annotated[ObjectName | None, doc("Default class unless said.")] = None


class Set(Struct, rename="camel", frozen=True):
    """Members of one sort."""

    name: Label
    count: Annotated[int, doc("How many.", defaulted=True), Meta(ge=0, le=100)] = 1
    settings: Annotated[dict[str, Any], doc("Anything.")] = field(default_factory=dict)


class Section(Struct, rename="camel", frozen=True):
    """A part of which only some fields are known."""

    known: str = ""


class Spec(Struct, rename="camel", frozen=True, kw_only=True):
    """What is wanted.

    This paragraph is for programmers.
    """

    size: Annotated[int, doc("Number of members.", defaulted=True), Meta(ge=1, le=7)] = 3
    version: Annotated[str, doc("Such as 3.6.1."), matching(r"v?[0-9]+\.[0-9]+\.[0-9]+"), Meta(max_length=32)]
    paused: bool = False
    ratio: Annotated[float, Meta(gt=0, lt=1)] | None = None
    mode: Annotated[Mode, doc("How to go about it.", defaulted=True)] = Mode.SAFE
    storage_type: Literal["S3", "PersistentVolume"] | None = None
    storage: Annotated[Storage, doc("The volumes.", defaulted=True)] = Storage()
    sets: Annotated[tuple[Set, ...], doc("Sorts of members."), Meta(max_length=10), keyed("name")] = ()
    labels: Annotated[dict[str, Annotated[str, Meta(max_length=63)]], Meta(max_length=16)] = field(default_factory=dict)
    port: IntOrString | None = None
    interval: Duration = "30s"
    timeout: GoDuration | None = None
    image: Image | None = None
    notes: Text | None = None
    resources: Resources = Resources()
    affinity: Embedded | None = None
    tolerations: EmbeddedList = field(default_factory=list)
    section: Annotated[Section, OPEN] = Section()
    max_size: Annotated[int | None, rule("self % 2 == 1", "maxSize must be odd")] = None
    client_node_replicas: Annotated[int | None, doc("A name with dashes.")] = field(
        default=None, name="client-node-replicas"
    )


class Status(Struct, rename="camel"):
    """What is."""

    size: int = 0
    phase: str = ""
    conditions: Conditions = field(default_factory=list)


V1 = Resource("sample.triad.dev", "v1", "Sample", "samples")
KIND = Kind(
    resource=V1,
    spec=Spec,
    status=Status,
    singular="sample",
    short_names=("smp",),
    categories=("triad",),
    columns=(
        Column("Size", ".spec.size", "integer", "Members wanted."),
        Column("Phase", ".status.phase"),
        Column("Mode", ".spec.mode", priority=1),
        AGE,
    ),
    scale=Scale(),
    spec_rules=(Rule("!has(self.maxSize) || self.size <= self.maxSize", "size must not exceed maxSize"),),
    doc="A sample of everything.",
)


class OldSpec(Struct, frozen=True, kw_only=True):
    """A spec from before there were schemas."""

    size: int = 0
    data_volume_size: Annotated[str | None, doc("Kebab case.")] = field(default=None, name="data-volume-size")
    zones: tuple[str, ...] = ()
    snapshot: Section | None = None


OLD_KIND = Kind(
    resource=Resource("sample.triad.dev", "v1beta1", "Sample", "samples"),
    spec=OldSpec,
    status=None,
    singular="sample",
    storage=False,
    preserve_unknown=True,
)


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"size": "3"}, "spec.size: Expected int, got str"),
    ({"size": 0}, "spec.size: Expected int >= 1"),
    ({"size": 8}, "spec.size: Expected int <= 7"),
    ({"size": True}, "spec.size: Expected int, got bool"),
    ({"ratio": 0}, "spec.ratio: Expected float > 0"),
    ({"version": None}, "spec.version: Required, but missing"),
    ({"version": "3.6.1\n"}, "spec.version: Expected a string that matches"),
    ({"version": "x3.6.1"}, "spec.version: Expected a string that matches"),
    ({"mode": "Slow"}, "spec.mode: Invalid enum value 'Slow'"),
    ({"storageType": "ABS"}, "spec.storageType: Invalid enum value 'ABS'"),
    ({"sets": [{"name": "a"}, {}]}, "spec.sets[1].name: Required, but missing"),
    ({"sets": [{"name": "A b"}]}, "spec.sets[0].name: Expected lower-case letters, digits and '-'"),
    ({"storage": {"size": "ten"}}, "spec.storage.size: Expected a quantity such as 500m, 2 or 10Gi"),
    ({"storage": {"size": 1.5}}, "spec.storage.size: Expected int | str, got float"),
    ({"storage": []}, "spec.storage: Expected object, got array"),
    ({"storage": {"storageClassName": "A B"}}, "spec.storage.storageClassName: Expected the name of an object"),
    ({"labels": {"a": 1}}, "spec.labels[...]: Expected str, got int"),
    ({"interval": "1 day"}, "spec.interval: Expected a duration such as 30s or 1h30m"),
    ({"timeout": "1w"}, "spec.timeout: Expected a duration such as 30s or 1h30m"),
    ({"image": "a b"}, "spec.image: Expected the name of an image"),
    ({"client-node-replicas": "x"}, "spec.client-node-replicas: Expected int, got str"),
    ({"notes": "x" * 5000}, "spec.notes: Expected str of length <= 4096"),
    ({"tolerations": "all"}, "spec.tolerations: Expected array, got str"),
    ({"resources": {"limits": {"cpu": "fast"}}}, "spec.resources.limits[...]: Expected a quantity"),
    ({"affinity": ["a"]}, "spec.affinity: Expected object, got array"),
)
"""What both decode and the API server refuse, each added to a spec that is right otherwise; and decode's message."""

RIGHT: tuple[dict[str, Any], ...] = (
    {},
    {"size": 7, "mode": "Fast", "paused": True, "ratio": 0.5, "storageType": "S3"},
    {"version": "v3.5.0"},
    {"storage": {"size": 1073741824}},
    {"storage": {"size": "1.5Gi", "storageClassName": "fast.example.com"}},
    {"sets": [{"name": "a", "count": 0, "settings": {"x": {"y": [1, None, "z"]}}}, {"name": "b"}]},
    {"labels": {"a": "b"}, "port": 80, "interval": "1d12h", "timeout": "1.5h"},
    {"port": "http", "image": "quay.io:443/coreos/etcd:v3.5.0@sha256:abc"},
    {"resources": {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"cpu": 2}}},
    {"affinity": {"nodeAffinity": {"anything": [{}]}}, "tolerations": [{"operator": "Exists"}, {}]},
    {"section": {"known": "a", "unknown": {"b": 1}}, "maxSize": 5, "client-node-replicas": 3},
)
