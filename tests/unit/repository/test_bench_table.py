"""What was measured goes into the page by itself, and a second measurement replaces the first."""

from tests.bench.table import CLUSTERS, MONITORS, PAGE, updated

FIGURES = dict.fromkeys(CLUSTERS, 7) | {"create_p50_ms": 1234}
MONITOR_FIGURES = dict.fromkeys(MONITORS, 5)


def test_rows_stand_in_their_own_table_and_are_replaced() -> None:
    measured = {"etcd": FIGURES, "elasticsearch": FIGURES, "prometheus": MONITOR_FIGURES}
    once = updated(PAGE.read_text(), measured)
    lines = once.splitlines()
    etcd = next(i for i, line in enumerate(lines) if line.startswith("| **triad: etcd** | 1,234 ms | 7 s |"))
    prometheus = next(i for i, line in enumerate(lines) if line.startswith("| **triad: Prometheus** | 5 s |"))
    assert etcd < lines.index("## Prometheus") < prometheus
    assert lines[etcd].count("|") == lines[etcd - 1].count("|")
    assert lines[prometheus].count("|") == lines[prometheus - 1].count("|")
    assert updated(once, measured) == once
