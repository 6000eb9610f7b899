"""Durations, sizes and versions as Prometheus writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prom_operator.configuration.duration import milliseconds
from prom_operator.configuration.size import size
from prom_operator.configuration.version import Version, parse


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("0", 0),
        ("30s", 30_000),
        ("1h30m", 5_400_000),
        ("1d", 86_400_000),
        ("1w", 604_800_000),
        ("500ms", 500),
        ("1y", 31_536_000_000),
        ("", None),
        ("1.5h", None),
        ("30", None),
        ("s", None),
        ("1m1h", None),
        ("-1s", None),
        ("30s\n", None),
        ("9999999999y", None),
    ],
)
def test_durations(text: str, length: int | None) -> None:
    assert milliseconds(text) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("10MB", 10 * 1024**2),
        ("1GiB", 1024**3),
        ("0.5KB", 512),
        ("7B", 7),
        ("0", 0),
        ("10", None),
        ("MB", None),
        ("1mb", None),
    ],
)
def test_sizes(text: str, length: int | None) -> None:
    assert size(text) == length


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v3.5.0", (3, 5, 0)),
        ("3.5.0", (3, 5, 0)),
        ("v2.53", (2, 53, 0)),
        ("v3.0.0-rc.1", (3, 0, 0)),
        ("latest", None),
        ("", None),
        ("v3", None),
        ("3.5.0 ", None),
        ("3.5.0\n", None),
    ],
)
def test_versions(text: str, version: tuple[int, int, int] | None) -> None:
    assert parse(text) == version


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_a_version_is_read_back(major: int, minor: int, patch: int) -> None:
    assert parse(str(Version(major, minor, patch))) == (major, minor, patch)
