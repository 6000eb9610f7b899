"""Label selectors: what a Prometheus takes.

An absent object selector takes nothing, an empty one everything; an absent namespace selector means the Prometheus's
own namespace, an empty one every namespace. These are the ecosystem's rules, and not those of Kubernetes itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from prom_operator.api.shared import LabelSelector, SelectorRequirement

Labels = Mapping[str, str]


def matches(selector: LabelSelector, labels: Labels) -> bool:
    """True when every label and every expression of the selector holds."""
    if any(labels.get(name) != value for name, value in selector.match_labels.items()):
        return False
    return all(_holds(one, labels) for one in selector.match_expressions)


def takes(selector: LabelSelector | None, labels: Labels) -> bool:
    """Whether an object with these labels is taken; an absent selector takes nothing."""
    return selector is not None and matches(selector, labels)


def namespaces(selector: LabelSelector | None, own: str, known: Mapping[str, Labels]) -> frozenset[str]:
    """The namespaces to look into. `known` maps each namespace to its labels."""
    if selector is None:
        return frozenset((own,))
    return frozenset(name for name, labels in known.items() if matches(selector, labels))


def _holds(one: SelectorRequirement, labels: Labels) -> bool:
    match one.operator:
        case "In":
            return labels.get(one.key) in one.values
        case "NotIn":
            return labels.get(one.key) not in one.values
        case "Exists":
            return one.key in labels
        case "DoesNotExist":
            return one.key not in labels
