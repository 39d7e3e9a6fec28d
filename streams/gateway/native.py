"""`POST /v1/verdicts` and `POST /v1/posts`: our own schemas."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final, Literal

import orjson
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from schemas import Post, PostVerdict, SymptomRecord, SymptomVerdict
from streams.gateway.intake import LONGEST_WAIT_S, Intake, parsed, pieces_of, while_connected
from streams.gateway.keys import Caller
from streams.gateway.refusals import Refusal, from_failure
from streams.gateway.scoring import Answer, Place, Scoring
from streams.gateway.sending import Sender, acknowledged, required
from streams.gateway.shapes import json_response, openai_error
from streams.gateway.traced import trace_of
from streams.pipeline.failures import Failure

MOST_RECORDS: Final = 1000
LIST: Final = "records"
LINES_AHEAD: Final = 64
"""Lines of one stream that are inside at once; its answers come in order."""
NDJSON: Final = "application/x-ndjson"


class Failed(BaseModel):
    """A record that gets no verdict."""

    error: dict[Literal["reason", "detail", "stage"], str]


class Records(BaseModel):
    """Several at once."""

    records: list[Post | SymptomRecord] = Field(min_length=1, max_length=MOST_RECORDS)


class Verdicts(BaseModel):
    """An answer for each record, in order."""

    verdicts: list[PostVerdict | SymptomVerdict | Failed]


class Accepted(BaseModel):
    """Where a post went, and where its verdict will be."""

    post_id: str
    topic: str
    partition: int
    offset: int
    verdicts: str = Field(description="The topic of the verdict, whose `source` is the three above.")


class Native:
    """Args:
    sender: None: no brokers are configured.
    verdicts_topic: where the verdict of a post that was sent will be.
    """

    def __init__(self, intake: Intake, scoring: Scoring, sender: Sender | None, verdicts_topic: str) -> None:
        self._intake = intake
        self._scoring = scoring
        self._sender = sender
        self._verdicts_topic = verdicts_topic

    async def verdicts(self, request: Request) -> Response:
        """One record, a list of them, or lines; `?task=symptoms` for symptom records."""
        deadline = self._intake.deadline(request)
        caller = self._intake.caller(request, "score")
        task = request.query_params.get("task", "posts")
        if task not in self._scoring.tasks:
            raise Refusal(
                400, "invalid_value", f"task must be {' or '.join(sorted(self._scoring.tasks))}.", param="task"
            )
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() == NDJSON:
            lines = _Lines(self._intake, self._scoring, caller, task, deadline - time.monotonic())
            return _Stream(lines.answers(request))
        body = await self._intake.body(request)
        document = await parsed(body)
        if LIST not in document:
            self._intake.charge(caller, 1)
            (answer,) = await while_connected(request, self._scoring.answers([body], task, deadline))
            if isinstance(answer, Failure):
                raise from_failure(answer)
            return Response(answer, media_type="application/json")
        records = _listed(document[LIST])
        self._intake.charge(caller, len(records))
        answers = await while_connected(request, self._scoring.answers(records, task, deadline))
        return Response(b'{"verdicts":[' + b",".join(map(_line, answers)) + b"]}", media_type="application/json")

    async def send_post(self, request: Request) -> Response:
        """Answers when the broker has it."""
        deadline = self._intake.deadline(request)
        caller = self._intake.caller(request, "send")
        sender = required(self._sender)
        post = await self._intake.document(request)
        self._intake.charge(caller, 1)
        sent = await acknowledged(sender.send_post(post, trace_of(request)), deadline)
        return json_response(
            Accepted(
                post_id=str(post["id"]),
                topic=sent.topic,
                partition=sent.partition,
                offset=sent.offset,
                verdicts=self._verdicts_topic,
            ).model_dump(),
            202,
        )


def _listed(records: object) -> list[bytes]:
    if not isinstance(records, list) or not 1 <= len(records) <= MOST_RECORDS:
        raise Refusal(400, "invalid_value", f"{LIST} must be a list of 1 to {MOST_RECORDS:,} records.", param=LIST)
    try:
        return [orjson.dumps(record) for record in records]
    except orjson.JSONEncodeError:
        message = "A record is nested too deeply, or holds a number with too many digits."
        raise Refusal(400, "invalid_value", message, param=LIST) from None


def _line(answer: Answer) -> bytes:
    if isinstance(answer, bytes):
        return answer
    return orjson.dumps({"error": {"reason": answer.reason, "detail": answer.detail, "stage": answer.stage}})


class _Stream(Response):
    """Reads while it writes. (Starlette's own would take the request's body for itself.)"""

    media_type = NDJSON

    def __init__(self, lines: AsyncIterator[bytes]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Who takes no line within a bounded time is left: the server then closes the connection."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for line in self._lines:
            async with asyncio.timeout(LONGEST_WAIT_S):
                await send({"type": "http.response.body", "body": line, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class _Lines:
    """Reads no further ahead than its answers are taken, and waits where a request would be refused."""

    def __init__(self, intake: Intake, scoring: Scoring, caller: Caller, task: str, within_s: float) -> None:
        self._intake = intake
        self._scoring = scoring
        self._caller = caller
        self._task = task
        self._within_s = within_s

    async def answers(self, request: Request) -> AsyncIterator[bytes]:
        """The answer to line n is line n, without waiting for line n + 1. A refusal ends the stream with a line more,
        which says why.
        """
        places: asyncio.Queue[tuple[Place, float] | None] = asyncio.Queue(LINES_AHEAD)
        reading = asyncio.create_task(self._read(request, places))
        try:
            while (entry := await places.get()) is not None:
                yield _line(await self._scoring.answer(*entry)) + b"\n"
            await reading
        except Refusal as refusal:
            yield orjson.dumps(openai_error(refusal)) + b"\n"
        finally:
            reading.cancel()
            while not places.empty():
                if (entry := places.get_nowait()) is not None:
                    entry[0].abandon()

    async def _read(self, request: Request, places: asyncio.Queue[tuple[Place, float] | None]) -> None:
        try:
            async for line in _lines_of(request, self._scoring.max_record_bytes):
                await self._intake.pace(self._caller)
                deadline = time.monotonic() + self._within_s
                place = await self._scoring.submit(line, self._task, deadline, may_wait_long=True)
                await places.put((place, deadline))
        finally:
            await places.put(None)


async def _lines_of(request: Request, longest: int) -> AsyncIterator[bytes]:
    """Of one that is longer than any record may be no more is kept than shows that."""
    rest = b""
    async for piece in pieces_of(request):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line.rstrip(b"\r")
        rest = rest[: longest + 2]
    if rest:
        yield rest
