"""From what is seen to what is done next. The order of the rules is the policy."""

from __future__ import annotations

from common.control.plan import Plan
from prom_operator.observation import Observation
from prom_operator.rules.apply import apply
from prom_operator.rules.paused import ending, paused
from prom_operator.rules.recreate import recreate
from prom_operator.rules.references import read_references
from prom_operator.rules.refuse import refuse_invalid

RULES = (read_references, recreate, apply)


def analyze(seen: Observation) -> Plan:
    """The plan for one Prometheus. Pure. Raises Refused where only a person can go on."""
    if (held := ending(seen) or paused(seen)) is not None:
        return held
    refuse_invalid(seen)
    return next(plan for plan in (rule(seen) for rule in RULES) if plan is not None)
