"""Progress for people: a live table on a terminal, one line for each change everywhere else."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from deploy.install.waiting import State


class Board:
    """Rows by name, each with its state and how long it has been under way."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.began = time.monotonic()
        self._rows: dict[str, State] = {}
        self._took: dict[str, float] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        self.began = time.monotonic()
        if self.console.is_terminal:
            self._live = Live(console=self.console, get_renderable=self._table, refresh_per_second=4)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def show(self, states: Mapping[str, State]) -> None:
        """Take in what was seen now."""
        elapsed = time.monotonic() - self.began
        for name, state in states.items():
            changed = self._rows.get(name) != state
            self._rows[name] = state
            if state.ready:
                self._took.setdefault(name, elapsed)
            else:
                self._took.pop(name, None)
            if changed and self._live is None:
                mark = "ready" if state.ready else "     "
                self.console.print(
                    f"  {elapsed:6.1f} s  {name:<22} {mark}  {state.text}",
                    highlight=False,
                    markup=False,
                    soft_wrap=True,
                )

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 2))
        for title in ("", "", "state", "seconds"):
            table.add_column(title, justify="right" if title == "seconds" else "left")
        for name, state in self._rows.items():
            seconds = self._took.get(name, time.monotonic() - self.began)
            table.add_row(
                "[green]✔[/]" if state.ready else "[yellow]…[/]", name, state.text.replace("[", r"\["), f"{seconds:.1f}"
            )
        return table
