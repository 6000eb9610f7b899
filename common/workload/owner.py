"""Ownership: what makes the garbage collector delete a cluster's objects with it, also when no operator runs."""

from __future__ import annotations

from typing import Any

from common.kube.objects import Meta
from common.kube.resource import Resource


def owner_reference(resource: Resource, meta: Meta) -> dict[str, Any]:
    """The reference from an owned object to its custom resource."""
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "name": meta.name,
        "uid": meta.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
