"""Conditions as they stand in a status: the times, and what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from common.control.plan import Condition


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC, whole seconds, as the API server writes times."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def merged(
    previous: Sequence[Mapping[str, Any]], wanted: Sequence[Condition], now: float, generation: int
) -> list[dict[str, Any]]:
    """The conditions to write: lastTransitionTime moves only where the status does.

    Conditions that are no longer wanted go; the order is that of `wanted`.
    Source: Kubernetes API conventions, "typical status properties".
    """
    before = {c.get("type"): c for c in previous}
    result = []
    for condition in wanted:
        old = before.get(condition.type, {})
        kept = old.get("status") == condition.status
        since = (old.get("lastTransitionTime") if kept else None) or timestamp(now)
        result.append(
            {
                "type": condition.type,
                "status": condition.status,
                "reason": condition.reason,
                "message": condition.message,
                "lastTransitionTime": since,
                "observedGeneration": generation,
            }
        )
    return result


def changed(previous: Sequence[Mapping[str, Any]], wanted: Sequence[Condition]) -> list[Condition]:
    """The conditions that tell something new: another status or another reason than before."""
    before = {c.get("type"): (c.get("status"), c.get("reason")) for c in previous}
    return [c for c in wanted if before.get(c.type) != (c.status, c.reason)]
