"""Watching several things become ready side by side, and how long each took."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from deploy.demo.board import Board
from deploy.install.waiting import POLL_SECONDS, NotInTime, State, look


def settle(board: Board, questions: Mapping[str, Callable[[], State]], seconds: float) -> dict[str, float]:
    """Show the board until all are ready; returns the seconds each took. Raises NotInTime with those that are not."""
    began = time.monotonic()
    took: dict[str, float] = {}
    with board:
        while True:
            states = {name: look(question) for name, question in questions.items()}
            board.show(states)
            elapsed = time.monotonic() - began
            for name, state in states.items():
                if state.ready:
                    took.setdefault(name, elapsed)
                else:
                    took.pop(name, None)
            if len(took) == len(questions):
                return took
            if elapsed > seconds:
                late = "; ".join(f"{name}: {state.text}" for name, state in states.items() if not state.ready)
                raise NotInTime(f"not ready after {seconds:g} s: {late}")
            time.sleep(POLL_SECONDS)
