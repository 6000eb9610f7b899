"""Amounts of cpu, memory and storage as Kubernetes writes them.

Source: Kubernetes, "Quantity" (apimachinery/pkg/api/resource).
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from typing import Final

from common.resources.fields import QUANTITY_PATTERN
from common.resources.problem import Unacceptable

_FORM: Final = re.compile(QUANTITY_PATTERN)
_SPLIT: Final = re.compile(r"[+-]?[0-9.]+")
_SCALE: Final[dict[str, Decimal]] = {
    "": Decimal(1),
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", start=1)},
    **{
        unit: Decimal(1000) ** power
        for power, unit in enumerate(("n", "u", "m", "", "k", "M", "G", "T", "P", "E"), start=-3)
    },
}
_LONGEST: Final = 64  # characters; a number of any length would be legal, and slow


def parse(quantity: int | str) -> Decimal:
    """The number that a quantity stands for: cores, bytes.

    Raises Unacceptable for what is none.
    """
    text = str(quantity)
    if len(text) > _LONGEST or not _FORM.match(text):
        raise Unacceptable("InvalidQuantity", f"{text[:_LONGEST]!r} is not a quantity such as 500m, 2 or 10Gi")
    number = _SPLIT.match(text)
    assert number is not None  # noqa: S101 - the form begins with it
    suffix = text[number.end() :]
    scale = _SCALE.get(suffix)
    if scale is None:
        exponent = int(suffix[1:])
        if abs(exponent) > _LONGEST:
            raise Unacceptable("InvalidQuantity", f"{text!r} is beyond every machine")
        scale = Decimal(10) ** exponent
    return Decimal(number[0]) * scale


def to_bytes(quantity: int | str) -> int:
    """Whole bytes; a fraction is rounded up, as Kubernetes does."""
    return int(parse(quantity).to_integral_value(ROUND_CEILING))


def to_millis(quantity: int | str) -> int:
    """Thousandths, the unit in which cpu is counted; rounded up."""
    return int((parse(quantity) * 1000).to_integral_value(ROUND_CEILING))
