"""`comments:analyze` and `comments:suggestscore`, in the shape of the Comment Analyzer v1alpha1 (Perspective)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from schemas import Reason, Review
from schemas.text import is_blank
from streams.gateway.comments import (
    AnalyzeCommentRequest,
    AttributeParameters,
    CommentRequest,
    SuggestCommentScoreRequest,
)
from streams.gateway.intake import Intake, while_connected
from streams.gateway.mapping import Meaning, attributes
from streams.gateway.refusals import Refusal, from_failure
from streams.gateway.scoring import Scoring
from streams.gateway.sending import Sender, acknowledged, required
from streams.gateway.shapes import json_response
from streams.gateway.traced import trace_of
from streams.pipeline.failures import Failure
from streams.record import Outgoing

LANGUAGES: Final = ("en", "zh")
UNKNOWN_LANGUAGE: Final = "und"
"""BCP 47 for: it could not be told which."""
_NAME: Final = re.compile(r"[A-Za-z0-9_@.-]{1,64}")
"""What is quoted of a request: a name that could be one."""


class Perspective:
    """Args:
    sender: None: no brokers are configured.
    """

    def __init__(self, intake: Intake, scoring: Scoring, sender: Sender | None) -> None:
        self._intake = intake
        self._scoring = scoring
        self._sender = sender

    async def analyze(self, request: Request) -> Response:
        deadline = self._intake.deadline(request)
        caller = self._intake.caller(request, "score")
        asked = _validated(AnalyzeCommentRequest, await self._intake.document(request))
        wanted = _wanted(asked, asked.requestedAttributes)
        self._intake.charge(caller, 1)
        verdict = await while_connected(request, self._verdict(asked, next(iter(wanted)), deadline))
        scores = _scores(asked, wanted, verdict)
        detected = _detected(verdict)
        answer = {"languages": asked.languages or detected, "detectedLanguages": detected}
        return _answer(answer | ({"attributeScores": scores} if scores else {}), asked)

    async def suggest(self, request: Request) -> Response:
        """Answers when a broker has the review."""
        deadline = self._intake.deadline(request)
        caller = self._intake.caller(request, "review")
        sender = required(self._sender)
        asked = _validated(SuggestCommentScoreRequest, await self._intake.document(request))
        wanted = _wanted(asked, asked.attributeScores)
        self._intake.charge(caller, 1)
        verdict = await while_connected(request, self._verdict(asked, next(iter(wanted)), deadline))
        review = _review(asked, verdict)
        value = orjson.dumps(review.model_dump(mode="json", exclude_none=True))
        message = Outgoing("reviews", review.post_id.encode(), value, headers=trace_of(request))
        await acknowledged(sender.send_message(message), deadline)
        return _answer({"requestedLanguages": asked.languages, "detectedLanguages": _detected(verdict)}, asked)

    async def _verdict(self, asked: CommentRequest, attribute: str, deadline: float) -> Mapping[str, Any]:
        """With scores. Raises Refusal: the text has none."""
        record = {"id": "comment", "text": asked.comment.text}
        if asked.languages:
            record["lang"] = asked.languages[0]
        (answer,) = await self._scoring.answers([orjson.dumps(record)], "posts", deadline)
        if isinstance(answer, Failure):
            if answer.reason is Reason.TEXT_TOO_LONG:
                raise _refusal("COMMENT_TOO_LONG", "Comment text too long.")
            raise from_failure(answer)
        verdict: Mapping[str, Any] = orjson.loads(answer)
        if not asked.languages and not any(map(str.isalpha, asked.comment.text)):
            raise _refusal("LANGUAGE_DETECTION_FAILED", "Unable to detect language.")
        if verdict["scores"] is None or (not asked.languages and verdict["lang"] not in LANGUAGES):
            raise _unsupported(attribute, asked.languages, [UNKNOWN_LANGUAGE])
        return verdict


Asked = TypeVar("Asked", bound=BaseModel)


def _validated(model: type[Asked], document: Mapping[str, Any]) -> Asked:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if fault["loc"] == ("comment",):
        raise _refusal("COMMENT_EMPTY", "Comment must be non-empty.")
    place = ".".join(part for part in map(str, fault["loc"]) if _NAME.fullmatch(part))
    raise _refusal("INVALID_REQUEST", f"Invalid value at '{place}': {fault['msg']}.")


def _wanted(asked: CommentRequest, names: Iterable[str]) -> dict[str, Meaning]:
    """What the names mean. Raises Refusal: a comment, a name or a language with which nothing can be done."""
    if is_blank(asked.comment.text):
        raise _refusal("COMMENT_EMPTY", "Comment must be non-empty.")
    wanted = {}
    for name in names:
        if (meaning := attributes().get(name)) is None:
            shown = name if _NAME.fullmatch(name) else "?"
            raise _refusal("INVALID_REQUEST", f"Unknown requested attribute: {shown}")
        wanted[name] = meaning
    if not wanted:
        raise _refusal("NO_REQUESTED_ATTRIBUTES", "No requested attributes.")
    unknown = [one for one in asked.languages if one.replace("_", "-").split("-")[0].lower() not in LANGUAGES]
    if unknown:
        raise _unsupported(next(iter(wanted)), [one if _NAME.fullmatch(one) else "?" for one in unknown])
    return wanted


def _refusal(kind: str, message: str, **details: Any) -> Refusal:
    return Refusal(400, kind.lower(), message, details={"errorType": kind, **details})


def _unsupported(attribute: str, requested: Sequence[str] = (), detected: Sequence[str] = ()) -> Refusal:
    said = ", ".join(requested or detected)
    error: dict[str, Any] = {"attribute": attribute}
    if requested:
        error["requestedLanguages"] = list(requested)
    if detected:
        error["detectedLanguages"] = list(detected)
    return _refusal(
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        f"Attribute {attribute} does not support request languages: {said}",
        languageNotSupportedByAttributeError=error,
    )


def _scores(asked: AnalyzeCommentRequest, wanted: Mapping[str, Meaning], verdict: Mapping[str, Any]) -> dict[str, Any]:
    """Without those below their threshold."""
    scores: dict[str, Any] = {}
    spans = utf16_spans(asked.comment.text, verdict["spans"]) if asked.spanAnnotations else []
    for name, meaning in wanted.items():
        value = meaning.score(verdict["scores"])
        parameters = asked.requestedAttributes[name] or AttributeParameters()
        if value < parameters.scoreThreshold:
            continue
        score = {"value": value, "type": "PROBABILITY"}
        scores[name] = {"summaryScore": score}
        if spans and meaning.stands(verdict["labels"]):
            scores[name]["spanScores"] = [{"begin": begin, "end": end, "score": score} for begin, end in spans]
    return scores


def utf16_spans(text: str, spans: Iterable[Mapping[str, int]]) -> list[tuple[int, int]]:
    """Spans of code points as spans of UTF-16 units, which JavaScript and Java count."""
    if text.isascii():
        return [(span["start"], span["end"]) for span in spans]
    return [(_units(text[: span["start"]]), _units(text[: span["end"]])) for span in spans]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _review(asked: SuggestCommentScoreRequest, verdict: Mapping[str, Any]) -> Review:
    """Of the verdict that the text has here: removed where any value is over a half."""
    values = [one.summaryScore.value for one in asked.attributeScores.values() if one.summaryScore is not None]
    if not values:
        raise _refusal("INVALID_REQUEST", "Attribute scores without a summaryScore say nothing.")
    try:
        return Review(
            verdict_id=verdict["id"],
            post_id=asked.clientToken or verdict["id"],
            action="remove" if max(values) > 0.5 else "allow",
            reviewer=asked.communityId,
            source="api",
            time=datetime.now(UTC),
        )
    except ValidationError:
        raise _refusal("INVALID_REQUEST", "clientToken or communityId is longer than 256 characters.") from None


def _detected(verdict: Mapping[str, Any]) -> list[str]:
    return [verdict["lang"] if verdict["lang"] in LANGUAGES else UNKNOWN_LANGUAGE]


def _answer(answer: dict[str, Any], asked: CommentRequest) -> Response:
    return json_response(answer if asked.clientToken is None else answer | {"clientToken": asked.clientToken})
