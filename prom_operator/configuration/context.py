"""What a scrape job takes over from its Prometheus: everything that is not the monitor's own."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from prom_operator.api.scraping import ScrapeClass
from prom_operator.api.shared import RelabelConfig
from prom_operator.api.v1 import Scraping
from prom_operator.configuration import relabeling
from prom_operator.configuration.left_out import LeftOut
from prom_operator.configuration.version import Version

ENDPOINT_SLICES = (2, 21)
_NOT_OF_JOBS = frozenset(
    name
    for name in Scraping.__struct_fields__
    if name.endswith("_selector") or name in ("external_labels", "alerting", "remote_write", "remote_read")
)
_OF_JOBS = tuple(name for name in Scraping.__struct_fields__ if name not in _NOT_OF_JOBS)


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """The Prometheus as its jobs see it. Equal where the jobs come out equal, so that Prometheuses share them."""

    namespace: str
    version: Version
    shards: int
    spec: Scraping
    variables: frozenset[str] = frozenset()
    """Further variables that the config reloader was given."""
    fingerprint: bytes = field(init=False, default=b"")

    def __post_init__(self) -> None:
        """Work out what equality rests on, once."""
        seen = [self.version, self.shards, sorted(self.variables), [getattr(self.spec, n) for n in _OF_JOBS]]
        if self.spec.api_server_config is not None or self.spec.scrape_classes:
            seen.append(self.namespace)
        object.__setattr__(self, "fingerprint", msgspec.json.encode(seen, order="sorted"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Context) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def since(self, *release: int) -> bool:
        """True when this Prometheus is of that release or later."""
        return self.version >= release

    def scrape_class(self, name: str | None) -> ScrapeClass:
        """The class that a monitor names, or the default one. Raises LeftOut for one that is not there."""
        for one in self.spec.scrape_classes:
            if one.name == name or (not name and one.default):
                return one
        if name:
            raise LeftOut("UnknownScrapeClass", f"scrapeClass: the Prometheus has no class {name!r}")
        return ScrapeClass(name="")

    def discovery_role(self, wanted: str | None) -> str:
        """Endpoints or EndpointSlices."""
        slices = (wanted or self.spec.service_discovery_role) == "EndpointSlice"
        return "endpointslice" if slices and self.version >= ENDPOINT_SLICES else "endpoints"

    def steps(self, given: tuple[RelabelConfig, ...], where: str) -> list[relabeling.Step]:
        """The user's relabelings."""
        return relabeling.steps(given, self.version, where)

    def enforced_namespace(self, resource: str, namespace: str, name: str) -> str:
        """The label that must carry the monitor's namespace; empty when there is none for it."""
        label = self.spec.enforced_namespace_label
        if label and any(
            x.resource == resource and x.namespace == namespace and x.name in ("", name)
            for x in self.spec.excluded_from_enforcement
        ):
            return ""
        return label
