"""Short forms of the plans that rules return."""

from __future__ import annotations

from common.control.plan import Action, Plan, Reason, Step


def wait(code: str, message: str, look_again: float | None) -> Plan:
    """Do nothing now, and say why."""
    return Plan(reasons=(Reason(code, message),), look_again=look_again)


def step(*actions: Action, why: str, look_again: float | None = None, quiet: bool = False) -> Plan:
    """Take these actions, one after the other."""
    return Plan(steps=tuple(Step(action, why, alone=True, quiet=quiet) for action in actions), look_again=look_again)


def listed(names: tuple[str, ...] | list[str], most: int = 5) -> str:
    """Names for a sentence; a long list is cut."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
