"""The user's podTemplate over the generated one: strategic merge, as `kubectl patch` does it for pods.

Maps are merged, lists of things with an identity are merged by it, all else is replaced; null takes a field away.
`$patch: delete` and `$patch: replace` are understood, in a mapping, and in a list as an item of it.
The result is what a user means who writes only the difference: one more container, another image, a toleration.

Nothing that a user can write raises here. What makes no sense stays as written, and the API server refuses it with a
message that names the place.

Sources: Kubernetes, "Strategic merge patch", and the patchMergeKey tags of k8s.io/api/core/v1.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

from common.workload.plain import plain

Identity = Callable[[Mapping[str, Any]], Hashable]


def merged(generated: Mapping[str, Any], user: Mapping[str, Any] | None) -> dict[str, Any]:
    """The pod template to apply. Neither argument is changed, and nothing of `user` is shared with the result.

    Labels that the operator set stay as they are: selectors and ownership rest on them.
    """
    if not user:
        return dict(generated)
    outcome = _merge_maps(generated, plain(user), ())
    ours = generated.get("metadata", {}).get("labels")
    if ours:
        metadata = outcome.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        theirs = metadata.get("labels")
        outcome["metadata"] = {**metadata, "labels": {**(theirs if isinstance(theirs, dict) else {}), **ours}}
    return outcome


def _by(*fields: str, **otherwise: str) -> Identity:
    return lambda item: tuple(item.get(f, otherwise.get(f)) for f in fields)


_CONTAINERS: Final = ("containers", "initContainers", "ephemeralContainers")
_NAME: Final = _by("name")
_IDENTITY: Final[dict[tuple[str, ...], Identity]] = {
    **{("spec", c): _NAME for c in _CONTAINERS},
    **{("spec", c, "env"): _NAME for c in _CONTAINERS},
    **{("spec", c, "ports"): _by("containerPort", "protocol", protocol="TCP") for c in _CONTAINERS},
    **{("spec", c, "volumeMounts"): _by("mountPath") for c in _CONTAINERS},
    **{("spec", c, "volumeDevices"): _by("devicePath") for c in _CONTAINERS},
    **{("spec", c, "resources", "claims"): _NAME for c in _CONTAINERS},
    ("spec", "volumes"): _NAME,
    ("spec", "imagePullSecrets"): _NAME,
    ("spec", "resourceClaims"): _NAME,
    ("spec", "schedulingGates"): _NAME,
    ("spec", "hostAliases"): _by("ip"),
    ("spec", "topologySpreadConstraints"): _by("topologyKey", "whenUnsatisfiable"),
    ("metadata", "ownerReferences"): _by("uid"),
}
"""What tells the items of a list apart, by the path of field names to the list. Lists not named here are replaced."""

_HANDLERS: Final = frozenset({"exec", "httpGet", "tcpSocket", "grpc", "sleep"})
_ONE_OF: Final[dict[str, Callable[[str], bool]]] = {
    "volumes": lambda field: field != "name",
    "env": lambda field: field in ("value", "valueFrom"),
    "valueFrom": lambda field: True,
    "livenessProbe": _HANDLERS.__contains__,
    "readinessProbe": _HANDLERS.__contains__,
    "startupProbe": _HANDLERS.__contains__,
    "postStart": _HANDLERS.__contains__,
    "preStop": _HANDLERS.__contains__,
}
"""Fields of which only one may be set, by the name of what holds them: the user's choice takes the place of ours."""


def _merge_maps(ours: Mapping[str, Any], theirs: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    if theirs.get("$patch") == "replace":
        return {key: value for key, value in theirs.items() if key != "$patch"}
    outcome = dict(ours)
    alternatives = _ONE_OF.get(path[-1]) if path else None
    if alternatives:
        chosen = {key for key, value in theirs.items() if alternatives(key) and value is not None}
        if chosen:
            outcome = {key: value for key, value in outcome.items() if key in chosen or not alternatives(key)}
    for key, value in theirs.items():
        if value is None or (isinstance(value, dict) and value.get("$patch") == "delete"):
            outcome.pop(key, None)
        else:
            outcome[key] = _merge(outcome.get(key), value, (*path, key))
    return outcome


def _merge(ours: Any, theirs: Any, path: tuple[str, ...]) -> Any:
    if isinstance(theirs, dict):
        return _merge_maps(ours if isinstance(ours, Mapping) else {}, theirs, path)
    if isinstance(theirs, list):
        identity = _IDENTITY.get(path)
        return (
            theirs if identity is None else _merge_lists(ours if isinstance(ours, list) else [], theirs, path, identity)
        )
    return theirs


def _merge_lists(ours: list[Any], theirs: list[Any], path: tuple[str, ...], identity: Identity) -> list[Any]:
    """Ours keep their order, what is new follows."""
    if {"$patch": "replace"} in theirs:
        return [item for item in theirs if item != {"$patch": "replace"}]
    outcome = list(ours)
    places = {identity(item): i for i, item in enumerate(ours) if isinstance(item, Mapping)}
    gone: set[int] = set()
    for item in theirs:
        if not isinstance(item, dict) or not _hashable(known := identity(item)):
            outcome.append(item)
            continue
        place = places.get(known)
        if item.get("$patch") == "delete":
            gone.update(() if place is None else (place,))
        elif place is None:
            places[known] = len(outcome)
            outcome.append(_merge_maps({}, item, path))
        else:
            outcome[place] = _merge_maps(outcome[place], item, path)
    return [item for i, item in enumerate(outcome) if i not in gone]


def _hashable(identity: Hashable) -> bool:
    try:
        hash(identity)
    except TypeError:
        return False
    return True
