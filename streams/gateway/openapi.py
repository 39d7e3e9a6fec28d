"""The OpenAPI document, made of the models that read requests. `python -m streams.gateway.openapi` writes it anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from schemas import Post, PostVerdict, SymptomRecord, SymptomVerdict
from schemas.generate import PlainTitles
from streams.gateway.comments import (
    AnalyzeCommentRequest,
    AnalyzeCommentResponse,
    SuggestCommentScoreRequest,
    SuggestCommentScoreResponse,
)
from streams.gateway.intake import DEADLINE_HEADER
from streams.gateway.keys import Scope
from streams.gateway.moderations import Moderation, ModerationRequest
from streams.gateway.native import NDJSON, Accepted, Records, Verdicts

FILE: Final = Path(__file__).with_name("openapi.json")
VERSION: Final = "1"
"""Of the interfaces, not of the package: it rises when one of them changes for its clients."""


Moded = tuple[type[BaseModel], JsonSchemaMode]


class Operation(NamedTuple):
    """One call. `asks` and `answers` are alternatives."""

    path: str
    name: str
    about: str
    scope: Scope
    asks: tuple[type[BaseModel], ...]
    answers: tuple[type[BaseModel], ...]
    status: str = "200"
    error: str = "Error"
    lines: bool = False
    """Also takes and gives one document a line."""


OPERATIONS: Final = (
    Operation(
        "/v1/moderations",
        "createModeration",
        "OpenAI's moderation call.",
        "score",
        (ModerationRequest,),
        (Moderation,),
    ),
    Operation(
        "/v1/verdicts",
        "createVerdicts",
        "Our own verdicts: of one record, of a list, or of a stream of lines.",
        "score",
        (Post, SymptomRecord, Records),
        (PostVerdict, SymptomVerdict, Verdicts),
        lines=True,
    ),
    Operation(
        "/v1/posts",
        "sendPost",
        "Sends a post to its topic; 501 where no brokers are configured.",
        "send",
        (Post,),
        (Accepted,),
        status="202",
    ),
    Operation(
        "/v1alpha1/comments:analyze",
        "analyzeComment",
        "Perspective's scores of a comment.",
        "score",
        (AnalyzeCommentRequest,),
        (AnalyzeCommentResponse,),
        error="GoogleError",
    ),
    Operation(
        "/v1alpha1/comments:suggestscore",
        "suggestCommentScore",
        "A person's scores, sent as a review; 501 where no brokers are configured.",
        "review",
        (SuggestCommentScoreRequest,),
        (SuggestCommentScoreResponse,),
        error="GoogleError",
    ),
)
_STATUSES: Final = {
    "400": "The request is wrong.",
    "401": "No key, or not one of this server's.",
    "403": "The key may not do this.",
    "413": "The body is too large.",
    "429": "Too much waits, or the key has used up its rate; `retry-after` says when to come back.",
    "500": "A defect of the server.",
    "501": "No brokers are configured.",
    "503": "No broker took the record, or the server is ending.",
    "504": f"The deadline ({DEADLINE_HEADER}) passed.",
}
_PLAIN: Final = {"type": "string"}
_ERRORS: Final[Mapping[str, Any]] = {
    "Error": {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["message", "type", "param", "code"],
                "properties": {
                    "message": _PLAIN,
                    "type": _PLAIN,
                    "param": {"type": ["string", "null"]},
                    "code": _PLAIN,
                },
            }
        },
    },
    "GoogleError": {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message", "status"],
                "properties": {
                    "code": {"type": "integer"},
                    "message": _PLAIN,
                    "status": _PLAIN,
                    "details": {"type": "array", "items": {"type": "object"}},
                },
            }
        },
    },
}


def openapi_document() -> dict[str, Any]:
    """Version 3.1 of OpenAPI."""
    asked: list[Moded] = [(model, "validation") for one in OPERATIONS for model in one.asks]
    answered: list[Moded] = [(model, "serialization") for one in OPERATIONS for model in one.answers]
    models = list(dict.fromkeys([*asked, *answered]))
    template = "#/components/schemas/{model}"
    refs, found = models_json_schema(models, ref_template=template, schema_generator=PlainTitles)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tidegate over HTTP", "version": VERSION, "license": {"name": "Apache-2.0"}},
        "security": [{"bearer": []}, {"key": []}],
        "paths": {one.path: {"post": _operation(one, refs)} for one in OPERATIONS},
        "components": {
            "schemas": {**found["$defs"], **_ERRORS},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "query", "name": "key"},
            },
        },
    }


def _operation(one: Operation, refs: Mapping[Any, Any]) -> dict[str, Any]:
    asks = [refs[model, "validation"] for model in one.asks]
    answers = [refs[model, "serialization"] for model in one.answers]
    error = {"application/json": {"schema": {"$ref": f"#/components/schemas/{one.error}"}}}
    lines = {NDJSON: {"schema": {"type": "string"}}} if one.lines else {}
    return {
        "operationId": one.name,
        "summary": one.about,
        "description": f"The key needs the scope `{one.scope}`.",
        "parameters": [
            {
                "name": DEADLINE_HEADER,
                "in": "header",
                "description": "Milliseconds after which nobody waits for the answer.",
                "schema": {"type": "integer", "minimum": 0},
            }
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _one_of(asks)}, **lines}},
        "responses": {
            one.status: {
                "description": "Done.",
                "content": {"application/json": {"schema": _one_of(answers)}, **lines},
            },
            **{status: {"description": what, "content": error} for status, what in _STATUSES.items()},
        },
    }


def _one_of(schemas: list[Any]) -> Any:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def write(path: Path = FILE) -> Path:
    """Writes the document, as it lies in the package."""
    path.write_text(json.dumps(openapi_document(), indent=2, ensure_ascii=False) + "\n", "utf-8")
    return path


if __name__ == "__main__":
    write()
