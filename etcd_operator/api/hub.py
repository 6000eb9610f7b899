"""What every version is converted to: the wish in v1's words, and what those words leave out."""

from __future__ import annotations

from msgspec import Struct

from common.resources.kind import CustomResource
from etcd_operator.api.v1 import EtcdClusterSpec


class Hub(Struct, frozen=True):
    """A resource of any version."""

    spec: EtcdClusterSpec
    not_acted_on: tuple[str, ...] = ()
    """Fields that were set and that nothing is done about, as paths."""


def hub_of(resource: CustomResource) -> Hub:
    """The wish of a resource. Raises Refused for what cannot be served."""
    wish = resource.hub
    return wish if isinstance(wish, Hub) else Hub(resource.spec)
