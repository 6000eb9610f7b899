"""Quantities as Kubernetes writes them: `500m`, `1Gi`, `0.5`, `2e3`."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Context, Decimal
from typing import Final

_FORM: Final = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?:(?P<suffix>[KMGTPE]i|[numkMGTPE])|[eE](?P<exponent>[+-]?[0-9]{1,3}))?"
)
_BINARY: Final = {f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", start=1)}
_DECIMAL: Final = {
    suffix: Decimal(10) ** power
    for suffix, power in (
        ("n", -9),
        ("u", -6),
        ("m", -3),
        ("k", 3),
        ("M", 6),
        ("G", 9),
        ("T", 12),
        ("P", 15),
        ("E", 18),
    )
}
_SUFFIX: Final = {**_BINARY, **_DECIMAL}
_NANO: Final = Decimal("1e-9")
_WIDE: Final = Context(prec=100)  # digits; the default 28 cannot hold 8.7Ei to the nano


class QuantityError(ValueError):
    """Not a quantity."""


def parse(quantity: str | int | float) -> Decimal:
    """Its value. As in the API server, what is finer than a nano is rounded up.

    Raises QuantityError.
    """
    text = str(quantity)
    found = _FORM.fullmatch(text) if len(text) <= 64 else None
    if found is None:
        raise QuantityError(f"{text[:64]!r} is not a quantity, such as 500m, 2 or 10Gi")
    value = Decimal(found["number"])
    if found["suffix"]:
        value *= _SUFFIX[found["suffix"]]
    elif found["exponent"]:
        value = value.scaleb(int(found["exponent"]))
    return value if value == value.to_integral_value() else value.quantize(_NANO, rounding=ROUND_CEILING, context=_WIDE)
