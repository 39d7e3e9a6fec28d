"""What every request passes before it is looked at: key, scope, rate, deadline, size."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

import orjson
from starlette.requests import Request

from schemas import InvalidRecord
from schemas.wire import parse
from streams.gateway.keys import SCOPES, Bucket, Caller, Keys, Scope
from streams.gateway.refusals import Refusal, overloaded

T = TypeVar("T")

DEADLINE_HEADER: Final = "x-deadline-ms"
LONGEST_WAIT_S: Final = 60.0
"""For an answer, where the request names no deadline, and for the next piece of its body."""
MOST_REQUESTS: Final = 1024
"""At once: each may hold a body."""
LARGE_BYTES: Final = 100_000
"""Reading more JSON than this takes about a millisecond, and is no work for the event loop."""


class Intake:
    """Args:
    keys: None: everybody may do everything.
    max_body_bytes: of a request that is read as a whole.
    """

    def __init__(self, keys: Keys | None, max_body_bytes: int) -> None:
        self._keys = keys
        self._nobody = Caller("", SCOPES, None)
        self._max_body_bytes = max_body_bytes
        self._requests = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Room for a request while it is worked on. Raises Refusal: there is none."""
        if self._requests >= MOST_REQUESTS:
            raise overloaded()
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1

    def caller(self, request: Request, scope: Scope) -> Caller:
        """Raises Refusal: no key, a wrong one, or one that may not do this."""
        if self._keys is None:
            return self._nobody
        given = _given_key(request)
        if not given:
            raise Refusal(401, "missing_api_key", "No key was given: send it as 'Authorization: Bearer KEY'.")
        caller = self._keys.caller(given)
        if caller is None:
            raise Refusal(401, "invalid_api_key", "The key is not one of this server's.")
        if scope not in caller.scopes:
            raise Refusal(403, "missing_scope", f"The key may not do this: it lacks the scope {scope!r}.")
        return caller

    def charge(self, caller: Caller, texts: int) -> None:
        """Raises Refusal: the key has used up its rate."""
        if (wait_s := _take(caller.bucket, texts)) > 0:
            raise Refusal(429, "rate_limit_exceeded", "The key has used up its rate.", retry_after_s=wait_s)

    async def pace(self, caller: Caller) -> None:
        """Waits until one text more is within the key's rate."""
        while (wait_s := _take(caller.bucket, 1)) > 0:  # noqa: ASYNC110  it sleeps as long as it takes
            await asyncio.sleep(wait_s)

    def deadline(self, request: Request) -> float:
        """Monotonic seconds. Raises Refusal: the header holds no number of milliseconds."""
        given = request.headers.get(DEADLINE_HEADER)
        if given is None:
            return time.monotonic() + LONGEST_WAIT_S
        if not (given.isascii() and given.isdigit() and len(given) <= 9):
            raise Refusal(400, "invalid_deadline", f"The header {DEADLINE_HEADER} must be whole milliseconds.")
        return time.monotonic() + min(int(given) / 1000, LONGEST_WAIT_S)

    async def body(self, request: Request) -> bytes:
        """Raises Refusal: it is too large, comes too slowly, or its sender is gone."""
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._max_body_bytes:
            raise self._too_large()
        pieces: list[bytes] = []
        size = 0
        async for piece in pieces_of(request):
            size += len(piece)
            if size > self._max_body_bytes:
                raise self._too_large()
            pieces.append(piece)
        return b"".join(pieces)

    def _too_large(self) -> Refusal:
        return Refusal(413, "body_too_large", f"The body has more than {self._max_body_bytes:,} bytes.")

    async def document(self, request: Request) -> dict[str, Any]:
        """The body as a JSON object. Raises Refusal: see `body`, or it is none."""
        return await parsed(await self.body(request))


async def pieces_of(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes, each piece within a bounded time."""
    has_more = True
    while has_more:
        try:
            async with asyncio.timeout(LONGEST_WAIT_S):
                message = await request.receive()
        except TimeoutError:
            raise Refusal(408, "body_too_slow", "The body did not come in time.") from None
        if message["type"] == "http.disconnect":
            raise Refusal(400, "disconnected", "The body ended early.")
        has_more = message.get("more_body", False)
        if piece := message.get("body", b""):
            yield piece


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What the work gives, unless its caller leaves: then it is cancelled. Call it when the body was read.

    Callers have time limits of their own (Coral's is 300 ms), and nothing is to be scored for those who have gone.

    Raises:
        Refusal: the caller has left.
    """
    try:
        async with asyncio.timeout(None) as presence:
            leaving = asyncio.create_task(_end_when_left(request, presence))
            try:
                return await work
            finally:
                leaving.cancel()
    except TimeoutError:
        if not presence.expired():
            raise
        raise Refusal(400, "disconnected", "The caller has left.") from None


async def _end_when_left(request: Request, presence: asyncio.Timeout) -> None:
    await request.receive()
    presence.reschedule(0.0)


async def parsed(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises Refusal: it is none."""
    return await asyncio.to_thread(json_object, body) if len(body) > LARGE_BYTES else json_object(body)


def json_object(body: bytes) -> dict[str, Any]:
    """Raises Refusal. Halves of surrogate pairs, which JavaScript sends of a text that it cut, do no harm."""
    with suppress(orjson.JSONDecodeError):
        if isinstance(document := orjson.loads(body), dict):
            return document
    try:
        document, _ = parse(body)
    except InvalidRecord as error:
        said = error.detail.replace("the record", "the body")
        raise Refusal(400, "invalid_json", f"{said[:1].upper()}{said[1:]}.") from None
    return document


def _given_key(request: Request) -> str:
    """By header, as OpenAI's clients and ours send it, or in the query, as Google's do."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and value.strip():
        return value.strip()
    headers = request.headers
    return headers.get("x-api-key") or headers.get("x-goog-api-key") or request.query_params.get("key", "")


def _take(bucket: Bucket | None, texts: int) -> float:
    return 0.0 if bucket is None else bucket.take(texts)
