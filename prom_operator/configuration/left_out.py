"""Why one monitor or rule is not part of the configuration."""

from __future__ import annotations


class LeftOut(Exception):
    """This one resource is wrong; it is left out and named, and everything else stays live.

    `code` is for machines (CamelCase); the message says what to change, and never holds a secret's value.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
