"""The measured rows of docs/benchmarks.md, put where they belong: never typed in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
CLUSTERS = ("create_p50_ms", "burst_s", "burst_cpu_s", "touch_p50_ms", "rss_end_mb", "idle_cpu_s", "idle_writes")
MONITORS = ("all_configured_s", "burst_cpu_s", "touch_p50_ms", "touch_max_ms", "rss_end_mb", "idle_cpu_s")
UNITS = {"ms": "ms", "s": "s", "mb": "MB"}
ROWS = {
    "etcd": ("**triad: etcd**", CLUSTERS),
    "elasticsearch": ("**triad: Elasticsearch**", CLUSTERS),
    "prometheus": ("**triad: Prometheus**", MONITORS),
}


def row(operator: str, figures: Mapping[str, Any]) -> str:
    """One line of a table."""
    title, columns = ROWS[operator]
    return f"| {title} | " + " | ".join(_with_unit(column, figures[column]) for column in columns) + " |"


def _with_unit(column: str, value: float) -> str:
    unit = UNITS.get(column.rpartition("_")[2])
    return f"{value:,} {unit}" if unit else f"{value:,}"


def updated(page: str, results: Mapping[str, Mapping[str, Any]]) -> str:
    """The page with the rows of what was measured put in anew, each after its table's goals."""
    lines = page.splitlines()
    for operator, figures in results.items():
        title, columns = ROWS[operator]
        lines = [line for line in lines if not line.startswith(f"| {title} |")]
        goals = [i for i, line in enumerate(lines) if line.startswith("| goal |")]
        place = goals[0 if columns is CLUSTERS else 1] + 1
        while lines[place].startswith("| **triad"):
            place += 1
        lines.insert(place, row(operator, figures))
    return "\n".join(lines) + "\n"


def write(results: Mapping[str, Mapping[str, Any]]) -> None:
    """Into the page itself."""
    PAGE.write_text(updated(PAGE.read_text(), results))
