"""How the API server says no."""

from __future__ import annotations


class ApiError(Exception):
    """The API server answered with a failure; `reason` is its machine-readable word, `message` for people."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message


class NotFound(ApiError):
    """404: it is not there (now)."""


class Conflict(ApiError):
    """409: it is there already, it changed since it was read, or a precondition does not hold."""


class Invalid(ApiError):
    """422 or 400: the object can never be accepted as it is; a person must change something."""


class Forbidden(ApiError):
    """403: RBAC, a quota or an admission policy refuses it."""


class Gone(ApiError):
    """410: the resourceVersion to go on from is too old; list again."""
