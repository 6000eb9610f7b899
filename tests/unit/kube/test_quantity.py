from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.kube.quantity import QuantityError, parse


@pytest.mark.parametrize(
    ("one", "other"),
    [("1000m", "1"), ("0.5", "500m"), ("1024Mi", "1Gi"), ("1.5Gi", "1536Mi"), ("1k", "1e3"), ("1E", "1e18"), (1, "1"),
     (0.5, "500m"), ("+1", "1"), (".5", "0.5"), ("1.", "1"), ("100u", "0.1m"), ("0.0000000001", "1n")],
)  # fmt: skip
def test_one_value_has_many_spellings(one: str | int | float, other: str) -> None:
    assert parse(one) == parse(other)


@pytest.mark.parametrize("text", ["", "Gi", "1GiB", "1 Gi", "1K", "-", "1e", "٣", "1\n", "9" * 100, "1e99999"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(QuantityError):
        parse(text)


@given(st.integers(-(10**15), 10**15), st.sampled_from(["", "k", "Mi", "m", "G"]))
def test_integers_keep_their_order(number: int, suffix: str) -> None:
    assert (parse(f"{number}{suffix}") > 0) == (number > 0)
    assert parse(f"{number}{suffix}") - parse(f"{number - 1}{suffix}") == parse(f"1{suffix}")


def test_decimal_and_binary_suffixes_differ() -> None:
    assert parse("1M") == Decimal(10) ** 6
    assert parse("1Mi") == Decimal(2) ** 20
