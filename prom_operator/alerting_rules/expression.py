"""PromQL expressions, checked before a Prometheus sees them: one it cannot parse keeps it from loading anything."""

from __future__ import annotations

from functools import lru_cache

import promql_parser

from prom_operator.configuration.left_out import LeftOut

LONGEST_QUOTE = 160  # characters of the parser's words that go into a message


@lru_cache(maxsize=8192)
def wrong(expression: str) -> str | None:
    """What is wrong with an expression; None when Prometheus will take it."""
    if not expression.strip():
        return "it is empty"
    try:
        promql_parser.parse(expression)
    except ValueError as error:
        return " ".join(str(error).split())[:LONGEST_QUOTE]
    return None


def check(expression: str, where: str) -> None:
    """Raises LeftOut for an expression that Prometheus would refuse."""
    said = wrong(expression)
    if said is not None:
        raise LeftOut("InvalidExpression", f"{where}.expr: {said}")
