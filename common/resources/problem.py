"""What is wrong with something that a person wrote."""

from __future__ import annotations

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """A CamelCase code for machines, and one line for people that names the place and says what is expected there."""

    code: str
    message: str


class Unacceptable(Exception):
    """A person must change something; `problem` says what. Nothing gets better by trying again."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(code, message)
