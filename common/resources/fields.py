r"""Words to declare fields with: descriptions, constraints, and types that Kubernetes has beyond JSON's.

    size: Annotated[int, doc("Number of members.", defaulted=True), Meta(ge=1, le=7)] = 3

Limits stand beside the type that they limit: `Annotated[int, Meta(ge=1)] | None`, not around the union. An alias with
a limit takes no second one of the same sort: write `Annotated[str, Meta(pattern=LABEL_PATTERN, max_length=30)]`.
Write patterns with `matching`: Python's `$` also matches before a trailing newline, Go's does not.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

DEFAULTED = "defaulted"


def doc(text: str, *, defaulted: bool = False) -> Meta:
    """Describe a field. With `defaulted` its default also goes into the schema, so that the API server stores it.

    A stored default stays with the resource when a later release chooses another: right for a version or a size, where
    a change would disturb a running cluster; wrong for what should follow the operator.
    """
    return Meta(description=text, extra={DEFAULTED: True} if defaulted else None)


def matching(regex: str) -> Meta:
    """The whole string matches; the syntax must be common to Python and RE2."""
    return Meta(pattern=rf"^(?:{regex})\Z")


def keyed(*names: str) -> Meta:
    """A list whose items are told apart by these fields: the API server refuses duplicates, appliers may share it."""
    return Meta(extra_json_schema={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(names)})


def rule(cel: str, message: str) -> Meta:
    """A CEL rule on one field."""
    return Meta(extra_json_schema={"x-kubernetes-validations": [{"rule": cel, "message": message}]})


OPEN = Meta(extra_json_schema={"x-kubernetes-preserve-unknown-fields": True})
"""On a field whose type is a Struct: fields that the Struct does not name are kept."""

QUANTITY_PATTERN = r"^(?:[+-]?(?:[0-9]+|[0-9]+\.[0-9]*|\.[0-9]+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?)\Z"
PROMETHEUS_DURATION_PATTERN = (
    r"^(?:0|(?:[0-9]+y)?(?:[0-9]+w)?(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?(?:[0-9]+ms)?)\Z"
)
GO_DURATION_PATTERN = r"^(?:0|(?:[0-9]+(?:\.[0-9]*)?(?:ns|us|µs|ms|s|m|h))+)\Z"
LABEL_PATTERN = r"^(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)\Z"
SUBDOMAIN_PATTERN = r"^(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*)\Z"
IMAGE_PATTERN = r"^(?:[A-Za-z0-9][-A-Za-z0-9._/:@]*)\Z"

IN_WORDS = {
    QUANTITY_PATTERN: "a quantity such as 500m, 2 or 10Gi",
    PROMETHEUS_DURATION_PATTERN: "a duration such as 30s or 1h30m",
    GO_DURATION_PATTERN: "a duration such as 30s or 1h30m",
    LABEL_PATTERN: "lower-case letters, digits and '-', with a letter or digit at both ends",
    SUBDOMAIN_PATTERN: "the name of an object: lower-case letters, digits, '-' and '.'",
    IMAGE_PATTERN: "the name of an image",
}
"""What a pattern means, for messages that people read."""

_EMBEDDED = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_INT_OR_STRING = {"x-kubernetes-int-or-string": True}

Embedded = Annotated[dict[str, Any], Meta(extra_json_schema=_EMBEDDED)]
"""A piece of a core object (affinity, a pod template): anything goes; the API server checks it when it is applied."""
EmbeddedList = list[Embedded]
"""Such as tolerations or volumes."""
IntOrString = Annotated[int | Annotated[str, Meta(max_length=255)], Meta(extra_json_schema=_INT_OR_STRING)]
"""A port by number or name, a number or a percentage."""
Quantity = Annotated[
    int | Annotated[str, Meta(pattern=QUANTITY_PATTERN, max_length=64)], Meta(extra_json_schema=_INT_OR_STRING)
]
"""An amount of cpu, memory or storage. Read it with common.workload.quantity."""
Duration = Annotated[str, Meta(pattern=PROMETHEUS_DURATION_PATTERN, max_length=64)]
"""As Prometheus writes durations: days and weeks, no fractions."""
GoDuration = Annotated[str, Meta(pattern=GO_DURATION_PATTERN, max_length=64)]
"""As Go writes durations: fractions, hours at most."""
Label = Annotated[str, Meta(pattern=LABEL_PATTERN, max_length=63)]
"""A DNS label: what pods, Services and zones are named with."""
ObjectName = Annotated[str, Meta(pattern=SUBDOMAIN_PATTERN, max_length=253)]
"""The name of a Secret, ConfigMap, StorageClass, …"""
Image = Annotated[str, Meta(pattern=IMAGE_PATTERN, max_length=512)]
"""An image with or without its tag and digest."""
Text = Annotated[str, Meta(max_length=4096)]
"""Free text; bounded, since it comes back in objects, messages and logs."""


class Resources(Struct, frozen=True, omit_defaults=True):
    """What a container asks for and may use at most."""

    requests: Annotated[dict[str, Quantity], doc("Least that is set aside for it."), Meta(max_length=32)] = {}
    limits: Annotated[dict[str, Quantity], doc("Most that it may use."), Meta(max_length=32)] = {}


class StatusCondition(Struct, rename="camel", frozen=True, kw_only=True):
    """A condition as the API conventions write it."""

    type: Annotated[str, Meta(max_length=316)]
    status: Annotated[str, doc("True, False or Unknown.")]
    reason: Annotated[str, doc("One word for machines.")] = ""
    message: Annotated[str, doc("A sentence for people.")] = ""
    last_transition_time: Annotated[str | None, doc("When the status last changed.")] = None
    observed_generation: Annotated[int | None, doc("The generation that this was seen at.")] = None


Conditions = Annotated[list[StatusCondition], doc("How it is, and why."), keyed("type")]
