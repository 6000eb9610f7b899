"""The calls of Elasticsearch's own API that rules ask for; act.py carries them out."""

from __future__ import annotations

from typing import Literal

from common.control.plan import Call


class ExcludeFromAllocation(Call, frozen=True):
    """Move shards away from exactly these nodes and no others."""

    nodes: tuple[str, ...]


class ExcludeFromVoting(Call, frozen=True):
    """Take a master-eligible node out of the voting configuration; it hands its office over first."""

    node: str


class ClearVotingExclusions(Call, frozen=True):
    """Let nodes vote again; exclusions of nodes that are gone would count against the limit of ten."""


class EnableAllocation(Call, frozen=True):
    """Say which shards may be allocated; None: all, as by default."""

    shards: Literal["primaries"] | None


class SetMinimumMasters(Call, frozen=True):
    """Before 7.0: how many masters must agree."""

    count: int


class Flush(Call, frozen=True):
    """Write to disk what a restarted node would have to replay."""


class RestartNode(Call, frozen=True):
    """Delete a pod so that it comes back from the newest template, if no shard needs it now."""

    pod: str
    uid: str


class ReplaceBrokenPod(Call, frozen=True):
    """Delete a pod that never came up, unless it has come up since."""

    pod: str
    uid: str


class LowerReplicas(Call, frozen=True):
    """Take the highest nodes of a StatefulSet away, if they hold no shard now."""

    workload: str
    uid: str
    resource_version: str
    replicas: int
    nodes: tuple[str, ...]
