"""The two things a rule can say: take these steps now, or wait for this."""

from __future__ import annotations

from collections.abc import Sequence

from common.control.plan import Action, Plan, Reason, Step

SOON = 1.0  # seconds; for what only etcd itself can tell, such as how far a learner is
UNWELL = 5.0  # seconds between looks at a cluster of which a member does not answer


def steps(code: str, why: str, *actions: Action) -> Plan:
    """Take these steps, one after the other, and look again at once."""
    return Plan(tuple(Step(a, why) for a in actions), reasons=(Reason(code, why),), look_again=SOON)


def wait(code: str, message: str, seconds: float = UNWELL) -> Plan:
    """Nothing can be done now; no later rule may do anything either."""
    return Plan(reasons=(Reason(code, message),), look_again=seconds)


def named(pods: Sequence[str]) -> str:
    """Names in a sentence."""
    return ", ".join(sorted(pods))
