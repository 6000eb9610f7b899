"""Secrets that a pod template names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def secrets_of(pod_template: Mapping[str, Any]) -> list[str]:
    """Names of the Secrets without which a pod of this template does not start, each once.

    Pull secrets are left out: a pod starts without them where its image is there.
    """
    return list(dict.fromkeys(_names(_mapping(pod_template.get("spec")))))


def _names(spec: Mapping[str, Any]) -> Iterator[str]:
    for container in (*_mappings(spec.get("initContainers")), *_mappings(spec.get("containers"))):
        for variable in _mappings(container.get("env")):
            yield from _name(_mapping(_mapping(variable.get("valueFrom")).get("secretKeyRef")), "name")
        for source in _mappings(container.get("envFrom")):
            yield from _name(_mapping(source.get("secretRef")), "name")
    for volume in _mappings(spec.get("volumes")):
        yield from _name(_mapping(volume.get("secret")), "secretName")


def _name(reference: Mapping[str, Any], field: str) -> Iterator[str]:
    name = reference.get(field)
    if isinstance(name, str) and name and not reference.get("optional"):
        yield name


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
