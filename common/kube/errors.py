"""How the API server says no."""

from __future__ import annotations

import msgspec


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


class Unauthorized(ApiError):
    """401: the credentials are missing, expired or wrong."""


class TooManyRequests(ApiError):
    """429, again and again: the API server sheds load, or a PodDisruptionBudget refuses an eviction."""


class Unreachable(ApiError):
    """No answer: no connection, cut off, or too slow. A write may have been carried out all the same."""

    def __init__(self, message: str) -> None:
        super().__init__(0, "Unreachable", message)


_BY_STATUS: dict[int, type[ApiError]] = {
    400: Invalid, 401: Unauthorized, 403: Forbidden, 404: NotFound, 409: Conflict, 410: Gone, 422: Invalid,
    429: TooManyRequests,
}  # fmt: skip


class Cause(msgspec.Struct, frozen=True):
    """One thing that is wrong with an object."""

    reason: str = ""
    message: str = ""
    field: str = ""


class Details(msgspec.Struct, frozen=True, rename="camel"):
    """What a failure is about."""

    causes: tuple[Cause, ...] | None = None
    retry_after_seconds: int | None = None


class Status(msgspec.Struct, frozen=True):
    """The answer `kind: Status` of the API server, also the object of a watch's ERROR event."""

    message: str = ""
    reason: str = ""
    code: int = 0
    details: Details | None = None


_STATUS = msgspec.json.Decoder(Status)
LONGEST_MESSAGE = 1000  # characters; a refused CRD can be answered with its whole schema


def error_of(code: int, body: bytes | msgspec.Raw, *, secret: bool = False) -> ApiError:
    """The exception for a failed answer.

    `secret`: the request was about a Secret. The server quotes what it refuses, so only the paths and reasons are kept.
    """
    try:
        status = _STATUS.decode(body)
    except msgspec.DecodeError:
        status = Status(message=bytes(body[:200]).decode(errors="replace").strip())
    code = status.code or code
    if secret:
        causes = (status.details and status.details.causes) or ()
        message = ", ".join(f"{c.field}: {c.reason}" for c in causes) or "the answer about a Secret is withheld"
    else:
        message = status.message[:LONGEST_MESSAGE]
    of = _BY_STATUS.get(code, ApiError)
    return of(code, status.reason or of.__name__, message)
