"""Elasticsearch's versions, and what differs between them."""

from __future__ import annotations

import re
from typing import NamedTuple

# The tag of an image may carry more: docker-elasticsearch-kubernetes:6.1.3_0, elasticsearch:8.19.0-amd64.
_VERSION = re.compile(r"^v?(\d{1,2})\.(\d{1,3})\.(\d{1,3})(?![\d.])")


class Version(NamedTuple):
    """A version of Elasticsearch; compares as numbers."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def has_voting_configuration(self) -> bool:
        """From 7.0 on the cluster keeps its own voting configuration; before, `minimum_master_nodes` is set by hand."""
        return self >= Version(7, 0, 0)

    @property
    def has_node_roles(self) -> bool:
        """`node.roles` exists from 7.9 on; before, one boolean a role."""
        return self >= Version(7, 9, 0)

    @property
    def has_data_tiers(self) -> bool:
        """data_hot, data_warm, … exist from 7.10 on."""
        return self >= Version(7, 10, 0)

    @property
    def sizes_its_heap(self) -> bool:
        """From 7.11 on Elasticsearch sizes its heap from the memory limit and the node's roles."""
        return self >= Version(7, 11, 0)

    @property
    def has_synced_flush(self) -> bool:
        """`_flush/synced` was replaced by sequence numbers: deprecated in 7.6, gone in 8.0."""
        return self < Version(8, 0, 0)

    @property
    def secures_itself(self) -> bool:
        """From 8.0 on security is on unless it is turned off."""
        return self >= Version(8, 0, 0)


OLDEST = Version(5, 0, 0)
"""Before, clusters cannot be formed by the settings that the operator writes."""
OLDEST_TESTED = Version(6, 8, 0)


def version_of(text: str) -> Version | None:
    """The version that a version field or an image's tag says; None where it says none."""
    found = _VERSION.match(text)
    return Version(*(int(part) for part in found.groups())) if found else None


def tag_of(image: str) -> str:
    """The tag of an image, without the digest that may follow it; empty when there is none."""
    name = image.split("@", 1)[0].rsplit("/", 1)[-1]
    return name.partition(":")[2]
