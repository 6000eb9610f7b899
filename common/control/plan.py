"""What an operator means to do: steps, the status to report, when to look again, and why it waits.

A Plan is a value. `analyze` makes it, `plan` prints it, the loop carries it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

Manifest = Mapping[str, Any]


class Apply(msgspec.Struct, frozen=True):
    """Server-side apply of a whole object. No request is made when the live object already is so."""

    object: Manifest


class Delete(msgspec.Struct, frozen=True):
    """Delete an object, only while it still is the one that was seen.

    `uid` and `resource_version` become preconditions of the request. `propagation` Orphan leaves the pods of a
    StatefulSet running.
    """

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str
    resource_version: str | None = None
    propagation: Literal["Background", "Foreground", "Orphan"] = "Background"


class Call(msgspec.Struct, frozen=True):
    """A call of the application's own API. Each operator's calls extend this; its act.py matches over them."""


Action = Apply | Delete | Call


class Step(msgspec.Struct, frozen=True):
    """One action and, for people, why.

    Neighbouring Apply steps are carried out side by side. Any other step waits for those before it, and those after
    wait for it; `alone` asks the same of an Apply. When a step fails the rest are not tried.
    `quiet` steps emit no event: routine upkeep, such as the seed list of running nodes.
    """

    action: Action
    why: str
    alone: bool = False
    quiet: bool = False


class Reason(msgspec.Struct, frozen=True):
    """Why a cluster is held where it is: a CamelCase code for machines, a sentence for people that says what to do."""

    code: str
    message: str


class Condition(msgspec.Struct, frozen=True):
    """A condition as analyze decides it; the loop adds the times."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str = ""


class Plan(msgspec.Struct, frozen=True):
    """The outcome of one look at a cluster."""

    steps: tuple[Step, ...] = ()
    conditions: tuple[Condition, ...] = ()
    status: Manifest = msgspec.field(default_factory=dict)
    """The status in the resource's own version, without conditions' times."""
    reasons: tuple[Reason, ...] = ()
    look_again: float | None = None
    """Seconds until the next look, if nothing happens before; None where every change arrives by a watch."""
    refused: bool = False
    """True where only a person can go on; the first reason says what to do."""


class Refused(Exception):
    """A person must change something. Nothing was changed; nothing is tried again until the resource is edited."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.reason = Reason(code, message)


def apply_all(manifests: Iterable[Manifest], why: str) -> tuple[Step, ...]:
    """One Apply step for each manifest, side by side."""
    return tuple(Step(Apply(m), why) for m in manifests)
