"""`POST /v1/moderations`, in the shape of OpenAI's call of this name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal
from uuid import uuid4

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from schemas.text import is_blank
from streams.gateway.intake import Intake, while_connected
from streams.gateway.mapping import Meaning, categories
from streams.gateway.refusals import Refusal, from_failure
from streams.gateway.scoring import Answer, Scoring
from streams.gateway.shapes import json_response
from streams.pipeline.failures import Failure

MOST_TEXTS: Final = 1000


class TextPart(BaseModel):
    """A piece of one input."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: Literal["text"]
    text: Annotated[str, Field(strict=True)]


class ModerationRequest(BaseModel):
    """Several strings have a result each; the parts of one list are one text, a line each, with one result."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    input: (
        Annotated[str, Field(strict=True)]
        | Annotated[list[Annotated[str, Field(strict=True)]], Field(min_length=1, max_length=MOST_TEXTS)]
        | Annotated[list[TextPart], Field(min_length=1, max_length=MOST_TEXTS)]
    )
    model: str | None = Field(default=None, description="Any name: the model of this server answers, and names itself.")

    @property
    def texts(self) -> list[str]:
        if isinstance(self.input, str):
            return [self.input]
        strings = [part for part in self.input if isinstance(part, str)]
        return strings or ["\n".join(part.text for part in self.input if isinstance(part, TextPart))]


class ModerationResult(BaseModel):
    """All 13 names of OpenAI, and ours that have none there."""

    flagged: bool = Field(description="One of OpenAI's categories is true; ours alone do not set it.")
    categories: dict[str, bool] = Field(description="True: over the policy's threshold.")
    category_scores: dict[str, float]
    category_applied_input_types: dict[str, list[Literal["text"]]] = Field(description="Empty: not assessed.")


class Moderation(BaseModel):
    """The answer, a result for each text."""

    id: str
    model: str = Field(description="Equal texts have equal scores under equal versions.")
    results: list[ModerationResult]


class Moderations:
    def __init__(self, intake: Intake, scoring: Scoring) -> None:
        self._intake = intake
        self._scoring = scoring
        self._results = _Results(categories())

    async def create(self, request: Request) -> Response:
        deadline = self._intake.deadline(request)
        caller = self._intake.caller(request, "score")
        texts = _asked(await self._intake.document(request)).texts
        self._intake.charge(caller, len(texts))
        readable = [number for number, text in enumerate(texts) if not is_blank(text)]
        records = [_record(texts[number]) for number in readable]
        answers = await while_connected(request, self._scoring.answers(records, "posts", deadline))
        verdicts = {number: _verdict(number, answer) for number, answer in zip(readable, answers, strict=True)}
        return json_response(
            {
                "id": f"modr-{uuid4().hex}",
                "model": self._scoring.model_version,
                "results": [self._results.of(verdicts.get(number)) for number in range(len(texts))],
            }
        )


def _asked(document: Mapping[str, Any]) -> ModerationRequest:
    given = document.get("input")
    if isinstance(given, list):
        for number, part in enumerate(given):
            if isinstance(part, dict) and part.get("type") == "image_url":
                raise _unfit(f"input[{number}] is an image; this server reads text alone.")
    try:
        return ModerationRequest.model_validate(document)
    except ValidationError as error:
        place = error.errors(include_url=False, include_input=False)[0]["loc"][0]
        if place == "model":
            raise Refusal(400, "invalid_value", "model must be a string.", param="model") from None
    if "input" not in document:
        raise _unfit("input is missing.", "missing_required_parameter")
    raise _unfit(
        f"input must be a string, or a list of 1 to {MOST_TEXTS:,} strings, or of parts such as "
        '{"type": "text", "text": "..."}.'
    )


def _unfit(message: str, code: str = "invalid_value") -> Refusal:
    return Refusal(400, code, message, param="input")


def _record(text: str) -> bytes:
    return orjson.dumps({"id": "moderation", "text": text})


def _verdict(number: int, answer: Answer) -> Mapping[str, Any]:
    if isinstance(answer, Failure):
        raise from_failure(answer, param=f"input[{number}]")
    verdict: Mapping[str, Any] = orjson.loads(answer)
    return verdict


class _Results:
    """What is told of a text."""

    def __init__(self, meanings: Sequence[Meaning]) -> None:
        self._assessed = [meaning for meaning in meanings if meaning.is_assessed]
        self._theirs = frozenset(meaning.name for meaning in meanings if not meaning.own)
        self._nothing: dict[str, Any] = {
            "flagged": False,
            "categories": dict.fromkeys((meaning.name for meaning in meanings), False),
            "category_scores": dict.fromkeys((meaning.name for meaning in meanings), 0.0),
            "category_applied_input_types": {meaning.name: [] for meaning in meanings},
        }
        self._read_of = {meaning.name: ["text"] if meaning.is_assessed else [] for meaning in meanings}

    def of(self, verdict: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Nothing is assessed of a text that is blank, or in which the model knows too few of the words."""
        if verdict is None or verdict["scores"] is None:
            return self._nothing
        labels, scores = verdict["labels"], verdict["scores"]
        standing = {meaning.name for meaning in self._assessed if labels and meaning.stands(labels)}
        return {
            "flagged": not self._theirs.isdisjoint(standing),
            "categories": self._nothing["categories"] | dict.fromkeys(standing, True),
            "category_scores": self._nothing["category_scores"]
            | {meaning.name: meaning.score(scores) for meaning in self._assessed},
            "category_applied_input_types": self._read_of,
        }
