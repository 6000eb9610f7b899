"""A version of a resource type: what its CRD needs to know, and one resource of it, decoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from common.kube.objects import Object
from common.kube.resource import Resource
from common.resources.problem import Problem

LONGEST_LABEL = 63  # characters of a label's value, or of a DNS label


@dataclass(frozen=True)
class Column:
    """A column of `kubectl get`; those with a priority above 0 show with `-o wide` only."""

    name: str
    path: str
    type: str = "string"
    description: str = ""
    priority: int = 0
    format: str = ""


AGE = Column("Age", ".metadata.creationTimestamp", "date")
"""The API server leaves its own Age column out as soon as a type names columns."""


@dataclass(frozen=True)
class Scale:
    """Where the scale subresource (`kubectl scale`, autoscalers) finds its numbers."""

    spec_path: str = ".spec.size"
    status_path: str = ".status.size"
    selector_path: str = ""


@dataclass(frozen=True)
class Rule:
    """A CEL rule and what to tell whoever breaks it. The API server checks it; decode cannot."""

    rule: str
    message: str


class CustomResource(Object, kw_only=True):
    """One resource as last seen. Shared by all who read it: never changed in place."""

    kind: Kind
    spec: Any
    """An instance of `kind.spec`, or None where it cannot be decoded."""
    status: dict[str, Any]
    problem: Problem | None = None
    """Why `spec` is None."""

    @property
    def hub(self) -> Any:
        """The same wish in the newest type's words."""
        return self.kind.to_hub(self)


def itself(resource: CustomResource) -> Any:
    """The conversion of a hub type: none."""
    return resource


@dataclass(frozen=True, eq=False)
class Kind:
    """One version of a type, declared once beside its Structs; CRD, decoding and conversion follow from it."""

    resource: Resource
    spec: type[Any]
    status: type[Any] | None
    """None where the status has no schema of its own: then anything may stand there."""
    singular: str
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    scale: Scale | None = None
    served: bool = True
    storage: bool = True
    """True for one version of each type: the one that the API server keeps in its store."""
    to_hub: Callable[[CustomResource], Any] = itself
    spec_rules: tuple[Rule, ...] = ()
    preserve_unknown: bool = False
    """Keep fields that the schema does not name, at every level of the spec, and take null for absent.

    For types that lived without a schema or whose schema is larger than ours: what their users write must come through.
    """
    doc: str = ""
    """The sentence that `kubectl explain` opens with."""
    revision: int = 1
    """Goes up with every change of the schema: so an older operator leaves a newer one's CRD alone."""

    def __post_init__(self) -> None:
        if len(self.key) > LONGEST_LABEL:
            raise ValueError(f"{self.key} is too long for the label that names it on every owned object")

    @property
    def key(self) -> str:
        """Kind and group, as `EtcdCluster.data.triad.dev`; also a label value."""
        return f"{self.resource.kind}.{self.resource.group}"
