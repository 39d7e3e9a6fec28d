"""The routes, and what surrounds every request: an id, room, and an answer even where something is wrong."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import uuid4

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.errors import place_of
from streams.gateway import discovery
from streams.gateway.intake import Intake
from streams.gateway.metrics import NOWHERE, Requests
from streams.gateway.moderations import Moderations
from streams.gateway.native import Native
from streams.gateway.openapi import openapi_document
from streams.gateway.perspective import Perspective
from streams.gateway.refusals import Refusal
from streams.gateway.scoring import Scoring
from streams.gateway.sending import Sender
from streams.gateway.shapes import Shape, google_error, json_response, openai_error, refused
from streams.gateway.traced import traced
from streams.health.traces import Traces

logger = logging.getLogger(__name__)

REQUEST_ID: Final = "x-request-id"
_GOOGLE: Final = ("/v1alpha1/", "/$discovery/")

Handler = Callable[[Request], Awaitable[Response]]


def build_app(
    scoring: Scoring,
    intake: Intake,
    sender: Sender | None,
    verdicts_topic: str,
    requests: Requests | None = None,
    traces: Traces | None = None,
) -> Starlette:
    """Args:
    sender: None: no brokers are configured.
    verdicts_topic: where the verdict of a post that was sent will be.
    requests: the book that they are counted in; None: one of its own.
    traces: None: nobody asked for any.
    """
    requests = requests or Requests()
    moderations = Moderations(intake, scoring)
    perspective = Perspective(intake, scoring, sender)
    native = Native(intake, scoring, sender, verdicts_topic)
    described = json_response(openapi_document())

    async def openapi(_: Request) -> Response:
        return described

    def route(method: str, path: str, interface: str, handler: Handler, shape: Shape) -> Route:
        return Route(path, _Endpoint(handler, intake, shape, requests, interface), methods=[method])

    async def unknown_path(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        requests.note(NOWHERE, error.status_code, time.monotonic())
        return _unknown_path(request, error)

    routes = [
        route("POST", "/v1/moderations", "moderations", moderations.create, openai_error),
        route("POST", "/v1/verdicts", "verdicts", native.verdicts, openai_error),
        route("POST", "/v1/posts", "posts", native.send_post, openai_error),
        route("POST", "/v1alpha1/comments:analyze", "analyze", perspective.analyze, google_error),
        route("POST", "/v1alpha1/comments:suggestscore", "suggestscore", perspective.suggest, google_error),
        route("GET", "/$discovery/rest", "discovery", discovery.describe, google_error),
        route("GET", "/openapi.json", "openapi", openapi, openai_error),
    ]
    if traces is not None:
        routes = [traced(route, traces.tracer) for route in routes]
    handlers = {HTTPException: unknown_path}
    return Starlette(
        routes=[*routes, *_probes(scoring)], middleware=[Middleware(_RequestId)], exception_handlers=handlers
    )


def _probes(scoring: Scoring) -> list[Route]:
    """For whoever runs the server: no request, so neither counted nor traced."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        return PlainTextResponse("ok\n") if scoring.is_ready else PlainTextResponse("not ready\n", 503)

    return [Route("/livez", livez), Route("/readyz", readyz)]


class _Endpoint:
    """A handler with room for its request, whose refusals and defects are answered in the words of its interface."""

    def __init__(self, handler: Handler, intake: Intake, shape: Shape, requests: Requests, interface: str) -> None:
        self._handler = handler
        self._intake = intake
        self._shape = shape
        self._requests = requests
        self._interface = interface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began_at = time.monotonic()
        with self._requests.being_answered():
            status = await self._answer(scope, receive, send)
        self._requests.note(self._interface, status, began_at)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        try:
            with self._intake.place():
                response = await self._handler(Request(scope, receive))
                await response(scope, receive, send)
            return response.status_code
        except Refusal as refusal:
            response = refused(refusal, self._shape)
        except Exception as error:  # noqa: BLE001  a defect costs the request, not the server
            logger.error("a request failed with %s", place_of(error))
            defect = Refusal(500, "internal_error", "This is a defect of the server; its log says where.")
            response = refused(defect, self._shape)
        await response(scope, receive, send)
        return response.status_code


class _RequestId:
    """Gives every answer an id, which stands in no log of ours: clients show it and pass it on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identity = f"req_{uuid4().hex}"

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID] = identity
            await send(message)

        await self._app(scope, receive, send_with_id)


def _unknown_path(request: Request, error: HTTPException) -> Response:
    """Nothing is there, or nothing for this method."""
    is_google = request.url.path.startswith(_GOOGLE)
    what = "Only another method is answered here." if error.status_code == 405 else "There is nothing at this address."
    code = "method_not_allowed" if error.status_code == 405 else "not_found"
    response = refused(Refusal(error.status_code, code, what), google_error if is_google else openai_error)
    response.headers.update(error.headers or {})
    return response
