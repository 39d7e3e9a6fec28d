"""Answers as HTTP: JSON, and a refusal in the words of each interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson
from starlette.responses import Response

from streams.gateway.refusals import Refusal

Shape = Callable[[Refusal], dict[str, Any]]

GOOGLE_ERROR: Final = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
_STATUSES: Final = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def json_response(document: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")


def refused(refusal: Refusal, shape: Shape) -> Response:
    return Response(orjson.dumps(shape(refusal)), refusal.status, refusal.headers, "application/json")


def openai_error(refusal: Refusal) -> dict[str, Any]:
    """As OpenAI's clients read it; ours, too."""
    kind = _TYPES.get(refusal.status, "server_error" if refusal.status >= 500 else "invalid_request_error")
    return {"error": {"message": str(refusal), "type": kind, "param": refusal.param, "code": refusal.code}}


def google_error(refusal: Refusal) -> dict[str, Any]:
    """As Google's clients read it. Of what is wrong in the request, `errorType` tells the kind."""
    error: dict[str, Any] = {
        "code": refusal.status,
        "message": str(refusal),
        "status": _STATUSES.get(refusal.status, "INVALID_ARGUMENT"),
    }
    if error["status"] == "INVALID_ARGUMENT":
        error["details"] = [{"@type": GOOGLE_ERROR, "errorType": "INVALID_REQUEST", **refusal.details}]
    return {"error": error}
