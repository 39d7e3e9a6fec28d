"""Requests that come with a sampled `traceparent`: a span for each, under which its records' spans go."""

from __future__ import annotations

from typing import Final

from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, use_span
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.wire import Header
from streams.health.trace_context import trace_headers
from streams.health.traces import headers_of, parent_of

_DEFECT: Final = 500


def traced(route: Route, tracer: Tracer) -> Route:
    """The same route, whose requests get their spans."""
    methods = sorted((route.methods or set()) - {"HEAD"})
    return Route(route.path, _Traced(route.endpoint, route.path, tracer), methods=methods)


class _Traced:
    """Names the route and the method of a request, and nothing else of it: in its address there may be a key."""

    def __init__(self, app: ASGIApp, path: str, tracer: Tracer) -> None:
        self._app = app
        self._path = path
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parent = parent_of(_headers(scope))
        if parent is None:
            await self._app(scope, receive, send)
            return
        attributes = {
            "http.request.method": scope["method"],
            "http.route": self._path,
            "url.scheme": scope["scheme"],
        }
        span = self._tracer.start_span(f"{scope['method']} {self._path}", parent, SpanKind.SERVER, attributes)

        async def send_and_tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                _tell(span, message["status"])
            await send(message)

        # An exception's message may quote a record; the endpoint answers it, and its log says where it was.
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            await self._app(scope, receive, send_and_tell)


def trace_of(request: Request) -> tuple[Header, ...]:
    """What a record that this request brings has to carry: our span, or where nobody traces the caller's own."""
    return headers_of() or trace_headers(_headers(request.scope))


def _headers(scope: Scope) -> list[Header]:
    return [(name.decode("latin-1"), content) for name, content in scope["headers"]]


def _tell(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= _DEFECT:
        span.set_status(StatusCode.ERROR)
        span.set_attribute("error.type", str(status))
