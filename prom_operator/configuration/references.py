"""Keys of Secrets and ConfigMaps that a configuration refers to, and their values as far as they are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from prom_operator.api.shared import SecretKey, SecretOrConfigMap
from prom_operator.configuration.left_out import LeftOut

Source = Literal["Secret", "ConfigMap"]


class Reference(NamedTuple):
    """One key of one object."""

    source: Source
    namespace: str
    name: str
    key: str

    @property
    def asset(self) -> str:
        """Its file name among the TLS assets, the same as prometheus-operator's."""
        return f"{self.source.lower()}_{self.namespace}_{self.name}_{self.key}"

    def __str__(self) -> str:
        return f"{self.source} {self.namespace}/{self.name}, key {self.key}"


Value = str | None
"""None: the object or the key is not there."""
NOT_READ = "(read from its Secret when this is applied)"
"""Stands for every value under `plan`, which reads no Secret."""


def references_in(part: Any, namespace: str) -> Iterator[Reference]:
    """Every key that a piece of a specification refers to."""
    if isinstance(part, SecretKey):
        if part.name:
            yield Reference("Secret", namespace, part.name, part.key)
    elif isinstance(part, SecretOrConfigMap):
        if part.secret is not None:
            yield Reference("Secret", namespace, part.secret.name, part.secret.key)
        elif part.config_map is not None:
            yield Reference("ConfigMap", namespace, part.config_map.name, part.config_map.key)
    elif isinstance(part, Struct):
        for name in part.__struct_fields__:
            yield from references_in(getattr(part, name), namespace)
    elif isinstance(part, tuple):
        for one in part:
            yield from references_in(one, namespace)


def refers(key: SecretKey | SecretOrConfigMap) -> bool:
    """False for a reference that names nothing."""
    return next(references_in(key, ""), None) is not None


class Values:
    """The values for one monitor, or for the Prometheus itself; remembers which became TLS files."""

    def __init__(self, namespace: str, known: Mapping[Reference, Value], *, from_monitor: bool = False) -> None:
        self.namespace = namespace
        self.from_monitor = from_monitor
        self._known = known
        self.assets: dict[str, str] = {}

    def secret(self, key: SecretKey, where: str) -> str:
        """The value of a Secret's key. Raises LeftOut where it is missing."""
        return self._get(Reference("Secret", self.namespace, key.name, key.key), where)

    def either(self, key: SecretOrConfigMap, where: str) -> str:
        """The value of a Secret's or ConfigMap's key. Raises LeftOut where it is missing."""
        return self._get(self._reference(key, where), where)

    def file(self, key: SecretKey | SecretOrConfigMap, where: str) -> str:
        """Makes a TLS file of it, and returns its name."""
        reference = self._reference(key, where)
        self.assets[reference.asset] = self._get(reference, where)
        return reference.asset

    def _reference(self, key: SecretKey | SecretOrConfigMap, where: str) -> Reference:
        found = next(references_in(key, self.namespace), None)
        if found is None:
            raise LeftOut("InvalidReference", f"{where}: names neither a Secret nor a ConfigMap")
        return found

    def _get(self, reference: Reference, where: str) -> str:
        value = self._known.get(reference)
        if value is None:
            raise LeftOut(
                "ReferenceMissing", f"{where}: {reference}: it is not there; create it or remove the reference"
            )
        return value
