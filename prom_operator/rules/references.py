"""Secrets that monitors refer to."""

from __future__ import annotations

from common.control.plan import Plan, Reason, Step
from prom_operator.calls import ReadReferences
from prom_operator.observation import Observation
from prom_operator.report import status_of

AT_ONCE = 0.02  # seconds; not 0, for a cache that is behind its object must not make a loop that keeps a core busy


def read_references(seen: Observation) -> Plan | None:
    """Read what is not known yet, first: a configuration without it would take live targets away for a moment.

    Nothing else of everybody's Secrets is ever read (prometheus-operator #5410: 500 MiB of cached Secrets).
    """
    if not seen.unread:
        return None
    objects = sorted({f"{r.source} {r.namespace}/{r.name}" for r in seen.unread})
    why = f"read {', '.join(objects[:3])}{' and more' if len(objects) > 3 else ''}"
    return Plan(
        steps=(Step(ReadReferences(seen.unread), why, quiet=True),),
        conditions=seen.reported,
        status=status_of(seen),
        reasons=(Reason("ReadingReferences", why),),
        look_again=AT_ONCE,
    )
