"""Waiting for something to become so, with the last thing seen in the message when it does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

POLL_SECONDS = 0.5


class State(NamedTuple):
    """Whether something is as it should be, and how it is, in words."""

    ready: bool
    text: str


class NotInTime(AssertionError):
    """It did not become so in time; says what was seen last."""


def look(question: Callable[[], State]) -> State:
    """Ask once; a cluster that does not answer (yet) is a state too, not an error."""
    try:
        return question()
    except (ApiException, HTTPError, OSError) as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        return State(False, f"no answer: {reason}")


def eventually(question: Callable[[], State], seconds: float, what: str = "") -> State:
    """Ask until it is so. Raises NotInTime with the last state."""
    deadline = time.monotonic() + seconds
    while not (state := look(question)).ready:
        if time.monotonic() > deadline:
            raise NotInTime(f"{what or 'it'} did not come about in {seconds:g} s; last seen: {state.text}")
        time.sleep(POLL_SECONDS)
    return state
