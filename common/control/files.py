"""A world from files alone: what `plan` looks at instead of a cluster."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import yaml

from common.control.operator import Key, Operator, World
from common.control.plan import Refused
from common.resources.decode import Malformed, decode
from common.resources.kind import Kind

_CREATED = "2024-01-01T00:00:00Z"  # for objects whose file does not say: as if they were made in one moment


class Loader(yaml.CSafeLoader):
    """Reads YAML as Kubernetes does: dates stay strings."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def world_of(operator: Operator, paths: Sequence[str]) -> tuple[World, list[Key]]:
    """The world that the files describe, and the keys of the operator's own resources in it, in the files' order.

    Raises Refused for a file that cannot be read or is not made of Kubernetes objects.
    """
    world = World(operator.kinds, operator.watches, clock=time.time, offline=True)
    own = {(k.resource.api_version, k.resource.kind): k for k in operator.kinds}
    watched = {(w.resource.api_version, w.resource.kind): w for w in operator.watches}
    keys: list[Key] = []
    for manifest in _manifests(paths):
        identity = (manifest["apiVersion"], manifest["kind"])
        _as_if_stored(manifest, namespaced=identity != ("v1", "Namespace"))
        if kind := own.get(identity):
            keys.append(_add(world, kind, manifest))
        elif watch := watched.get(identity):
            world.store(watch.resource).put(msgspec.json.decode(msgspec.json.encode(manifest), type=watch.view))
    return world, keys


def _add(world: World, kind: Kind, manifest: dict[str, Any]) -> Key:
    try:
        resource = decode(kind, manifest)
    except Malformed as error:
        raise Refused("FileInvalid", f"{kind.resource.kind} {manifest['metadata']['name']}: {error}") from error
    world.custom[kind.key].put(resource)
    return Key(kind.key, resource.metadata.namespace, resource.metadata.name)


def _manifests(paths: Sequence[str]) -> Iterator[dict[str, Any]]:
    for path in paths:
        try:
            text = Path("/dev/stdin" if path == "-" else path).read_text(encoding="utf-8")
            documents = list(yaml.load_all(text, Loader))
        except (OSError, UnicodeDecodeError) as error:
            raise Refused("FileUnreadable", f"{path} cannot be read: {error}") from error
        except yaml.YAMLError as error:
            raise Refused("FileInvalid", f"{path} is not YAML: {' '.join(str(error).split())}") from error
        yield from _objects(path, documents)


def _objects(path: str, documents: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for document in documents:
        if document is None:
            continue
        if isinstance(document, dict) and str(document.get("kind", "")).endswith("List") and "items" in document:
            yield from _objects(path, document["items"])
            continue
        _check_object(path, document)
        yield document


def _check_object(path: str, document: Any) -> None:
    if not isinstance(document, Mapping):
        raise Refused("FileInvalid", f"{path} holds something that is no Kubernetes object")
    metadata = document.get("metadata")
    named = isinstance(metadata, Mapping) and isinstance(metadata.get("name"), str)
    if not (isinstance(document.get("apiVersion"), str) and isinstance(document.get("kind"), str) and named):
        raise Refused("FileInvalid", f"{path} holds an object without apiVersion, kind or metadata.name")


def _as_if_stored(manifest: dict[str, Any], *, namespaced: bool) -> None:
    """Give the object what the API server would have given it."""
    metadata = manifest["metadata"]
    if namespaced:
        metadata.setdefault("namespace", "default")
    identity = f"{manifest['apiVersion']}/{manifest['kind']}/{metadata.get('namespace', '')}/{metadata['name']}"
    digest = hashlib.sha256(identity.encode()).hexdigest()
    metadata.setdefault("uid", f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}")
    metadata.setdefault("resourceVersion", "1")
    metadata.setdefault("generation", 1)
    created = metadata.setdefault("creationTimestamp", _CREATED)
    if isinstance(created, datetime):
        metadata["creationTimestamp"] = _CREATED
    if manifest["kind"] == "Secret" and isinstance(manifest.get("stringData"), Mapping):
        _encode_string_data(manifest)


def _encode_string_data(manifest: dict[str, Any]) -> None:
    data = manifest.setdefault("data", {})
    for name, value in manifest.pop("stringData").items():
        data[name] = base64.b64encode(str(value).encode()).decode()
