"""Kinds -> CustomResourceDefinitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from common.kube.resource import CRD
from common.resources.kind import Column, Kind, Rule, Scale
from common.resources.schema import ANYTHING, Schema, structural_schema

MANAGED_BY = "app.kubernetes.io/managed-by"
OURS = "triad"
"""The value of MANAGED_BY on a CRD that our operators may change. One without it is somebody else's."""
REVISION = "triad.dev/schema-revision"


def crds_of(kinds: Iterable[Kind]) -> list[dict[str, Any]]:
    """The CRDs of all kinds of an operator, in the order of their first versions."""
    types: dict[str, list[Kind]] = {}
    for kind in kinds:
        types.setdefault(f"{kind.resource.plural}.{kind.resource.group}", []).append(kind)
    return [crd_of(versions) for versions in types.values()]


def crd_of(versions: Sequence[Kind]) -> dict[str, Any]:
    """The CRD of one type. Names are those of its first version.

    Its conversion strategy is None: the API server changes nothing but the apiVersion, and the operator converts.
    So no webhook has to be there for a resource to be read.
    """
    first = versions[0]
    if sum(kind.storage for kind in versions) != 1:
        raise ValueError(f"{first.key}: exactly one version is the stored one")
    resource = first.resource
    return {
        "apiVersion": CRD.api_version,
        "kind": CRD.kind,
        "metadata": {
            "name": f"{resource.plural}.{resource.group}",
            "labels": {MANAGED_BY: OURS},
            "annotations": {REVISION: str(max(kind.revision for kind in versions))},
        },
        "spec": {
            "group": resource.group,
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "names": {
                "kind": resource.kind,
                "listKind": f"{resource.kind}List",
                "plural": resource.plural,
                "singular": first.singular,
                **({"shortNames": list(first.short_names)} if first.short_names else {}),
                **({"categories": list(first.categories)} if first.categories else {}),
            },
            "conversion": {"strategy": "None"},
            "versions": [_version(kind) for kind in versions],
        },
    }


def _version(kind: Kind) -> dict[str, Any]:
    subresources: dict[str, Any] = {"status": {}}
    if kind.scale:
        subresources["scale"] = _scale(kind.scale)
    return {
        "name": kind.resource.version,
        "served": kind.served,
        "storage": kind.storage,
        "schema": {"openAPIV3Schema": _object_schema(kind)},
        "subresources": subresources,
        **({"additionalPrinterColumns": [_column(c) for c in kind.columns]} if kind.columns else {}),
    }


def _object_schema(kind: Kind) -> Schema:
    spec = structural_schema(kind.spec, preserve_unknown=kind.preserve_unknown)
    if kind.spec_rules:
        spec["x-kubernetes-validations"] = [_rule(rule) for rule in kind.spec_rules]
    # A status comes from operators only, of this release or a newer one: so nothing in it is dropped or refused.
    status = structural_schema(kind.status, preserve_unknown=True) if kind.status else {"type": "object", **ANYTHING}
    return {
        "description": kind.doc or spec.get("description", f"{kind.resource.kind} of {kind.resource.group}."),
        "type": "object",
        **({"required": ["spec"]} if "required" in spec else {}),
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec,
            "status": status,
        },
    }


def _rule(rule: Rule) -> dict[str, str]:
    return {"rule": rule.rule, "message": rule.message}


def _scale(scale: Scale) -> dict[str, str]:
    return {
        "specReplicasPath": scale.spec_path,
        "statusReplicasPath": scale.status_path,
        **({"labelSelectorPath": scale.selector_path} if scale.selector_path else {}),
    }


def _column(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "jsonPath": column.path,
        "type": column.type,
        **({"description": column.description} if column.description else {}),
        **({"format": column.format} if column.format else {}),
        **({"priority": column.priority} if column.priority else {}),
    }
