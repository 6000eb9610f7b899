"""Is a live object as wanted? Pure: no request, no clock.

The API server writes down what it is given in its own way: it adds defaults, drops what is empty, and spells
quantities canonically. None of that is a difference. So an object counts as so when every wanted field is.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw

from common.kube.objects import PAYLOAD, Body, OwnerReference
from common.kube.quantity import QuantityError, parse

HASH = "triad.dev/applied-hash"
"""Annotation with the hash of what was last applied: so a field that is no longer wanted shows as a difference too."""

Manifest = Mapping[str, Any]

QUANTITY_MAPS = frozenset({"limits", "requests", "capacity", "allocatedResources", "hard", "overhead"})
QUANTITIES = frozenset({"sizeLimit", "divisor"})
KEPT_EMPTY = frozenset({
    "emptyDir", "podSelector", "namespaceSelector", "allowPrivilegeEscalation", "privileged", "readOnlyRootFilesystem",
    "runAsNonRoot", "runAsUser", "runAsGroup", "fsGroup", "automountServiceAccountToken", "enableServiceLinks",
    "replicas", "partition", "minAvailable", "maxUnavailable", "terminationGracePeriodSeconds", "backoffLimit",
    "ttlSecondsAfterFinished", "suspend",
})  # fmt: skip
"""Fields whose zero value means something and which the server keeps; any other zero value may vanish (`omitempty`)."""
KEPT_WHOLE = ("data.", "binaryData.")
"""Where the server keeps every value as it is."""

_FIELD = dict(zip(Body.__struct_fields__, Body.__struct_encode_fields__, strict=True))
_PAYLOAD = {_FIELD[name]: name for name in PAYLOAD}


def stamped(manifest: Manifest) -> dict[str, Any]:
    """The manifest as it is applied: with the hash of itself as an annotation, and `stringData` as `data`.

    stringData is write-only: server-side apply would never remove a key that it brought
    (kubernetes/kubernetes#108008), and no live object could be compared with it.
    """
    whole = dict(manifest)
    text = whole.pop("stringData", None)
    if text:
        encoded = {k: base64.b64encode(str(v).encode()).decode() for k, v in text.items()}
        whole["data"] = {**(whole.get("data") or {}), **encoded}
    metadata = dict(whole.get("metadata") or {})
    annotations = {k: v for k, v in (metadata.get("annotations") or {}).items() if k != HASH}
    if annotations or "annotations" in metadata:
        metadata["annotations"] = annotations
    whole["metadata"] = metadata
    digest = hashlib.sha256(msgspec.json.encode(whole, order="deterministic")).hexdigest()[:16]
    metadata["annotations"] = {**annotations, HASH: digest}
    return whole


def differs(wanted: Manifest, live: Body | None) -> bool:
    """True where applying `wanted` (stamped) would change the live object."""
    return next(differences(wanted, live), None) is not None


def differences(wanted: Manifest, live: Body | None) -> Iterator[str]:
    """The paths where they differ. Paths only: values may be secret."""
    if live is None:
        yield "."
        return
    metadata = wanted["metadata"]
    for part, there in (("annotations", live.metadata.annotations), ("labels", live.metadata.labels)):
        for key, value in (metadata.get(part) or {}).items():
            if value is not None and there.get(key) != value:
                yield f"metadata.{part}.{key}"
    owners = {owner.uid: owner for owner in live.metadata.owner_references}
    for reference in metadata.get("ownerReferences") or ():
        if not _owned(reference, owners.get(reference["uid"])):
            yield f"metadata.ownerReferences.{reference['uid']}"
    for field, value in wanted.items():
        name = _PAYLOAD.get(field)
        if name is not None:
            raw = getattr(live, name)
            seen = msgspec.json.decode(raw) if isinstance(raw, Raw) else None
            yield from _unlike(value, seen, field, field in QUANTITY_MAPS)


def _owned(reference: Mapping[str, Any], live: OwnerReference | None) -> bool:
    return live is not None and (
        live.api_version == reference["apiVersion"]
        and live.kind == reference["kind"]
        and live.name == reference["name"]
        and live.controller == bool(reference.get("controller"))
    )


def _unlike(wanted: Any, seen: Any, path: str, quantity: bool) -> Iterator[str]:
    if isinstance(wanted, dict):
        yield from _unlike_map(wanted, seen, path)
    elif isinstance(wanted, list | tuple):
        yield from _unlike_list(wanted, seen, path)
    elif wanted is None or _same(wanted, seen, quantity):
        return  # None: no opinion
    elif seen is not None or not _may_vanish(wanted, path):
        yield path


def _unlike_map(wanted: Mapping[str, Any], seen: Any, path: str) -> Iterator[str]:
    if seen is None:
        # Absent: the same where all that is wanted is nothing.
        if not wanted:
            if not _may_vanish(wanted, path):
                yield path
            return
        seen = {}
    if not isinstance(seen, dict):
        yield path
        return
    inside = path.rpartition(".")[2] in QUANTITY_MAPS
    for key, value in wanted.items():
        yield from _unlike(value, seen.get(key), f"{path}.{key}", inside or key in QUANTITIES)


def _unlike_list(wanted: Sequence[Any], seen: Any, path: str) -> Iterator[str]:
    if seen is None and not wanted:
        return
    if not isinstance(seen, list) or len(seen) != len(wanted):
        yield path
        return
    for at, (one, other) in enumerate(zip(wanted, seen, strict=True)):
        yield from _unlike(one, other, f"{path}.{at}", False)


def _same(wanted: Any, seen: Any, quantity: bool) -> bool:
    if isinstance(wanted, bool) or isinstance(seen, bool):
        return wanted is seen
    if quantity and isinstance(wanted, str | int | float) and isinstance(seen, str | int | float):
        return wanted == seen or _same_quantity(str(wanted), str(seen))
    return bool(wanted == seen)


@functools.lru_cache(maxsize=4096)
def _same_quantity(one: str, other: str) -> bool:
    try:
        return parse(one) == parse(other)
    except QuantityError:
        return False


def _may_vanish(empty: Any, path: str) -> bool:
    zero = empty is False or empty == 0 or empty == "" or empty == {}
    return zero and path.rpartition(".")[2] not in KEPT_EMPTY and not path.startswith(KEPT_WHOLE)
