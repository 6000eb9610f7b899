"""Values of Secret and ConfigMap keys that configurations refer to: read one by one, kept by state of the object."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec import field

from common.control.operator import Key
from common.kube.objects import Object
from common.kube.store import version_of
from prom_operator.configuration.references import Reference, Source, Value


class ReferredData(Object, kw_only=True):
    """A Secret or ConfigMap, as long as its answer is looked at."""

    data: dict[str, str] = field(default_factory=dict)


class Held(NamedTuple):
    """A value, and the state of the object that it was read from."""

    uid: str
    version: int
    value: Value


At = tuple[Source, str, str]
"""Source, namespace and name of an object."""


class Reads:
    """What was read, and who refers to what. Everything in it can be thrown away: it is read again when needed."""

    def __init__(self) -> None:
        self._held: dict[Reference, Held] = {}
        self._by_key: dict[Key, frozenset[At]] = {}
        self._by_object: dict[At, set[Key]] = {}

    def value(self, reference: Reference, seen: Object) -> Held | None:
        """The value of a key in this state of its object or a later one; None when it has to be read."""
        held = self._held.get(reference)
        if held is None or held.uid != seen.metadata.uid:
            return None
        return held if held.version >= version_of(seen.metadata.resource_version) else None

    def keep(self, references: Iterable[Reference], answer: ReferredData | None, seen: Object | None = None) -> None:
        """Take in an answer; of its keys only those that are referred to.

        No answer means that what was `seen` is gone: that is remembered too, or it would be asked for again and again
        until its watch tells.
        """
        state = answer or seen
        for reference in references:
            if state is None:
                self._held.pop(reference, None)
                continue
            value = None if answer is None else _value(reference.source, answer.data, reference.key)
            self._held[reference] = Held(state.metadata.uid, version_of(state.metadata.resource_version), value)

    def refers(self, key: Key, references: Iterable[Reference]) -> None:
        """Note what a Prometheus refers to now."""
        now = frozenset((r.source, r.namespace, r.name) for r in references)
        before = self._by_key.get(key, frozenset())
        self._by_key[key] = now
        if now == before:
            return
        for at in before - now:
            self._by_object[at].discard(key)
            if not self._by_object[at]:
                del self._by_object[at]
                self._forget(at)
        for at in now - before:
            self._by_object.setdefault(at, set()).add(key)

    def only(self, keys: Iterable[Key]) -> None:
        """Let go of what Prometheuses referred to that are no more."""
        for gone in self._by_key.keys() - set(keys):
            self.refers(gone, ())
            del self._by_key[gone]

    def __len__(self) -> int:
        return len(self._by_key)

    def referring(self, source: Source, namespace: str, name: str) -> frozenset[Key]:
        """The Prometheuses whose configuration refers to an object."""
        return frozenset(self._by_object.get((source, namespace, name), ()))

    def _forget(self, at: At) -> None:
        for reference in [r for r in self._held if (r.source, r.namespace, r.name) == at]:
            del self._held[reference]


def _value(source: Source, data: Mapping[str, str], key: str) -> Value:
    text = data.get(key)
    if text is None or source == "ConfigMap":
        return text
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None  # no text: as good as missing for a configuration file
