from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.resources.fields import Quantity
from common.workload.quantity import QuantityError, parse, to_bytes, to_millis


@pytest.mark.parametrize(
    ("quantity", "size"),
    [("10Gi", 10 * 2**30), ("1G", 10**9), (512, 512), ("1.5Ki", 1536), ("1e3", 1000), ("1500m", 2), ("0", 0)],
)
def test_bytes(quantity: int | str, size: int) -> None:
    assert to_bytes(quantity) == size


@pytest.mark.parametrize(("quantity", "millis"), [("100m", 100), ("0.5", 500), (2, 2000), ("1u", 1)])
def test_cpu_in_thousandths(quantity: int | str, millis: int) -> None:
    assert to_millis(quantity) == millis


@pytest.mark.parametrize("quantity", ["", "ten", "10 Gi", "10gi", "1" * 65, "10Gi\n"])
def test_what_is_no_quantity_is_an_error(quantity: str) -> None:
    with pytest.raises(QuantityError):
        to_bytes(quantity)


@given(st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,3})?([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9])?", fullmatch=True))
def test_whatever_a_schema_takes_for_a_quantity_can_be_read(quantity: str) -> None:
    assert parse(msgspec.convert(quantity, Quantity)) >= 0
