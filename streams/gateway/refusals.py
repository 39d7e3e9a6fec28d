"""Why a request is not answered. Every interface says it in a shape of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.reasons import BLAMED
from streams.pipeline.failures import Failure


class Refusal(Exception):
    """Ends a request. `str(refusal)` is one sentence that never quotes the request.

    Args:
        status: of HTTP.
        code: a word for programs.
        param: the field of the body that is at fault.
        retry_after_s: when it may be worth another try.
        details: what an interface adds of its own.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        retry_after_s: float | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param
        self.retry_after_s = retry_after_s
        self.details = details or {}

    @property
    def headers(self) -> dict[str, str]:
        """Whole seconds for everybody, milliseconds for the clients that read them."""
        if self.retry_after_s is None:
            return {"www-authenticate": 'Bearer realm="tidegate"'} if self.status == 401 else {}
        milliseconds = max(1, round(self.retry_after_s * 1000))
        return {"retry-after": str(-(-milliseconds // 1000)), "retry-after-ms": str(milliseconds)}


def overloaded() -> Refusal:
    """More waits already than a second or two of work."""
    return Refusal(429, "overloaded", "Too much is waiting to be scored; try again.", retry_after_s=1.0)


def too_late() -> Refusal:
    return Refusal(504, "deadline_exceeded", "The deadline passed before there was an answer.")


def from_failure(failure: Failure, param: str | None = None) -> Refusal:
    """What became of a record that gets no verdict."""
    status = 500 if BLAMED[failure.reason] == "service" else 400
    return Refusal(status, failure.reason.value, f"{failure.detail[:1].upper()}{failure.detail[1:]}.", param=param)
