"""Prometheuses that only a person can mend. Nothing of what runs is changed meanwhile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from common.control.plan import Refused
from common.workload.names import LONGEST_NAME
from common.workload.quantity import QuantityError, to_bytes
from prom_operator import names, objects
from prom_operator.configuration.duration import milliseconds
from prom_operator.configuration.size import size
from prom_operator.configuration.version import Version, parse
from prom_operator.observation import Observation

OLDEST = Version(2, 0, 0)
NEWEST_MAJOR = 3
FORMAT_CHANGE = Version(2, 55, 0)
"""The first release that can read what 3.x writes. Source: Prometheus, "Prometheus 3.0 migration guide"."""
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def refuse_invalid(seen: Observation) -> None:
    """Raises Refused for the first thing that is wrong."""
    for check in (_name, _version, _going_back, _times, _sizes, _storage):
        check(seen)


def _name(seen: Observation) -> None:
    """Pods carry the name of their StatefulSet, and a revision with it, in a label."""
    longest = names.stateful_set(seen.name, seen.shard_count - 1)
    if len(longest) > LONGEST_NAME:
        room = LONGEST_NAME - (len(longest) - len(seen.name))
        raise Refused(
            "NameTooLong",
            f"metadata.name has {len(seen.name)} characters, and its pods leave room for {room}: "
            "create it anew with a shorter name",
        )
    if not _NAME.fullmatch(seen.name):
        raise Refused(
            "NameNotUsable",
            f"metadata.name {seen.name!r} cannot be part of pods' names: create it anew with lower-case letters, "
            "digits and '-'",
        )


def _version(seen: Observation) -> None:
    version = seen.version
    if version is None:
        raise Refused("InvalidSpec", f"spec.version: {seen.spec.version!r} is not a version such as v3.5.0")
    if version < OLDEST or version.major > NEWEST_MAJOR:
        raise Refused("UnsupportedVersion", f"spec.version: {version} is not supported; ask for 2.x or 3.x")


def _going_back(seen: Observation) -> None:
    """3.x writes an index that a release before 2.55 cannot read: it would not start, with all its data there."""
    assert seen.version is not None  # noqa: S101 - checked before
    runs = max((v for v in (parse(s.version) for s in seen.shards) if v is not None), default=None)
    if runs is not None and runs.major >= 3 and seen.version < FORMAT_CHANGE:
        raise Refused(
            "DowngradeNotPossible",
            f"spec.version: {seen.version} cannot read what {runs} wrote; go back to {FORMAT_CHANGE} first",
        )


def _times(seen: Observation) -> None:
    spec = seen.spec
    intervals = (("scrapeInterval", spec.scrape_interval), ("evaluationInterval", spec.evaluation_interval))
    for path, text in intervals:
        if text and not milliseconds(text):
            raise Refused("InvalidSpec", f"spec.{path}: {text!r} is not a duration such as 30s")
    timeout = milliseconds(spec.scrape_timeout) if spec.scrape_timeout else None
    interval = milliseconds(spec.scrape_interval or "30s")
    if timeout is not None and interval is not None and timeout > interval:
        raise Refused(
            "InvalidSpec",
            f"spec.scrapeTimeout {spec.scrape_timeout} is longer than spec.scrapeInterval {spec.scrape_interval}",
        )


def _sizes(seen: Observation) -> None:
    spec = seen.spec
    for path, text in (
        ("retentionSize", spec.retention_size),
        ("bodySizeLimit", spec.body_size_limit),
        ("enforcedBodySizeLimit", spec.enforced_body_size_limit),
    ):
        if text and size(text) is None:
            raise Refused("InvalidSpec", f"spec.{path}: {text!r} is not a size such as 10GB")


def _storage(seen: Observation) -> None:
    """A claim cannot be made smaller."""
    wanted = objects.claim(seen)
    if wanted is None:
        return
    asked = _requested(wanted, "spec.storage.volumeClaimTemplate")
    if asked is None:
        raise Refused(
            "InvalidSpec", "spec.storage.volumeClaimTemplate.spec.resources.requests.storage: Required, but missing"
        )
    for shard in seen.shards:
        for present in shard.claim_templates:
            given = _requested(present, f"StatefulSet {shard.name}")
            same = present.get("metadata", {}).get("name") == wanted["metadata"]["name"]
            if same and given is not None and asked < given:
                raise Refused(
                    "StorageShrinks",
                    f"spec.storage: {asked} bytes are less than the {given} that {shard.name} has, "
                    "and volumes cannot be made smaller; ask for at least as much",
                )


def _requested(claim: Mapping[str, Any], where: str) -> int | None:
    """Bytes that a claim asks for."""
    node: Any = claim
    for name in ("spec", "resources", "requests", "storage"):
        node = node.get(name) if isinstance(node, Mapping) else None
    try:
        return None if node is None else to_bytes(node)
    except QuantityError as error:
        raise Refused("InvalidSpec", f"{where}.spec.resources.requests.storage: {error}") from None
