"""Amounts of cpu, memory and storage in the units that operators count in."""

from __future__ import annotations

from decimal import ROUND_CEILING

from common.kube.quantity import QuantityError, parse

__all__ = ["QuantityError", "parse", "to_bytes", "to_millis"]


def to_bytes(quantity: int | str) -> int:
    """Whole bytes; a fraction is rounded up, as Kubernetes does.

    Raises QuantityError for what is no quantity.
    """
    return int(parse(quantity).to_integral_value(ROUND_CEILING))


def to_millis(quantity: int | str) -> int:
    """Thousandths, the unit in which cpu is counted; rounded up.

    Raises QuantityError for what is no quantity.
    """
    return int((parse(quantity) * 1000).to_integral_value(ROUND_CEILING))
