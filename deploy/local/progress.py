"""What is being done and how long it will still take, on standard error."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

PRIOR_SECONDS = 60.0  # the weight of "just as expected" against what was measured here
PATIENCE_SECONDS = 1.0  # a step from the cache is over by then, and not worth a line
TICK_SECONDS = 15.0  # without a terminal (CI logs): often enough to see that it lives
LIVE_TICK_SECONDS = 1.0


def say(text: str) -> None:
    """One line for the person who waits."""
    print(text, file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """As a person says it: `40 s`, `12 min`."""
    return f"{max(seconds, 0):.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


@dataclass
class Schedule:
    """The long steps that are ahead with the seconds that each took on a machine with two cores.

    A machine that needed twice as long for the first ones will need about twice as long for the rest.
    """

    expected: Sequence[tuple[str, float]]
    spent: list[float] = field(default_factory=list)

    def pace(self, elapsed: float = 0.0) -> float:
        """This machine's time divided by the expected time so far; a short step says little, a late one a lot."""
        planned = sum(seconds for _, seconds in self.expected[: len(self.spent)]) + PRIOR_SECONDS
        taken = sum(self.spent) + PRIOR_SECONDS
        late = (taken + elapsed) / (planned + self.expected[len(self.spent)][1])
        return max(taken / planned, late)

    def step_seconds(self, elapsed: float = 0.0) -> float:
        """How long the current step should take here, when it has been going for `elapsed` seconds."""
        return self.expected[len(self.spent)][1] * self.pace(elapsed)

    def remaining_seconds(self, elapsed: float) -> float:
        """Until all is done. Never less than the rest."""
        later = sum(seconds for _, seconds in self.expected[len(self.spent) + 1 :]) * self.pace(elapsed)
        return max(self.step_seconds(elapsed) - elapsed, 0) + later

    def line(self, elapsed: float) -> str:
        """The one line that is shown."""
        done, total = len(self.spent) + 1, len(self.expected)
        name = self.expected[len(self.spent)][0]
        return (
            f"[{done}/{total}] {name}: {duration(elapsed)} of about {duration(self.step_seconds(elapsed))}; "
            f"all done in about {duration(self.remaining_seconds(elapsed))}"
        )

    def run(self, work: Callable[[], T]) -> T:
        """Do the next step; one that takes a while is shown while it is being done."""
        started = time.monotonic()
        live = sys.stderr.isatty()
        over, shown = threading.Event(), threading.Event()

        def show() -> None:
            pause = PATIENCE_SECONDS
            while not over.wait(pause):
                shown.set()
                line = self.line(time.monotonic() - started)
                print(f"\r\033[K{line}" if live else line, end="" if live else "\n", file=sys.stderr, flush=True)
                pause = LIVE_TICK_SECONDS if live else TICK_SECONDS

        ticker = threading.Thread(target=show, daemon=True)
        ticker.start()
        try:
            done = work()
        finally:
            over.set()
            ticker.join()
            if live and shown.is_set():
                print(file=sys.stderr)
        self.spent.append(time.monotonic() - started)
        return done
