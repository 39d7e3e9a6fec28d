"""`GET /$discovery/rest`: what Google's clients read before their first call."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from streams.gateway.refusals import Refusal
from streams.gateway.shapes import json_response

FILE: Final = Path(__file__).with_name("discovery.json")
VERSION: Final = "v1alpha1"


def document(root: str) -> dict[str, Any]:
    """The description of the two calls, at an address that ends with a slash."""
    described: dict[str, Any] = orjson.loads(FILE.read_bytes())
    return described | {"rootUrl": root, "baseUrl": root, "batchPath": "batch"}


async def describe(request: Request) -> Response:
    """The address is the one by which the server was reached."""
    if request.query_params.get("version", VERSION) != VERSION:
        raise Refusal(404, "not_found", "This server describes v1alpha1 alone.")
    return json_response(document(str(request.base_url)))
