"""The OpenAPI document is what the models say, and what is answered fits it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
from starlette.routing import Route

from streams.gateway.openapi import FILE, OPERATIONS, openapi_document, write
from tests.support.gateway import Answer, Running

CALLS: list[tuple[str, Any]] = [
    ("/v1/moderations", {"input": ["you are an idiot", ""]}),
    ("/v1/verdicts", {"id": "1", "text": "you are an idiot"}),
    ("/v1/verdicts?task=symptoms", {"id": "1", "text": "chest pain"}),
    ("/v1/verdicts", {"records": [{"id": "1", "text": "you are an idiot"}, {"id": "2"}]}),
    (
        "/v1alpha1/comments:analyze",
        {"comment": {"text": "damn idiot"}, "requestedAttributes": {"TOXICITY": {}}, "spanAnnotations": True},
    ),
]
WRONG: list[tuple[str, Any]] = [
    ("/v1/moderations", {}),
    ("/v1/verdicts", {}),
    ("/v1/posts", {}),
    ("/v1alpha1/comments:analyze", {}),
    ("/v1alpha1/comments:suggestscore", {}),
]


def test_the_committed_document_is_the_generated_one(tmp_path: Path) -> None:
    written = write(tmp_path / "openapi.json").read_text("utf-8")
    assert written == FILE.read_text("utf-8"), "run: python -m streams.gateway.openapi"


def test_the_server_shows_it(gateway: Running) -> None:
    assert gateway.get("/openapi.json").document == orjson.loads(FILE.read_bytes())


def fits(answer: Answer, path: str) -> None:
    document = openapi_document()
    response = document["paths"][path.partition("?")[0]]["post"]["responses"][str(answer.status)]
    schema = response["content"]["application/json"]["schema"] | {"components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer.document)


@pytest.mark.parametrize(("path", "asked"), CALLS)
def test_answers_fit(gateway: Running, path: str, asked: Any) -> None:
    answer = gateway.post(path, asked)
    assert answer.status == 200
    fits(answer, path)


@pytest.mark.parametrize(("path", "asked"), WRONG)
def test_refusals_fit(gateway: Running, path: str, asked: Any) -> None:
    answer = gateway.post(path, asked)
    assert answer.status >= 400
    fits(answer, path)


def test_every_call_is_described(gateway: Running) -> None:
    from streams.gateway.app import build_app
    from streams.gateway.intake import Intake

    app = build_app(gateway.scoring, Intake(None, 1024), None, "")
    answered = {route.path for route in app.routes if isinstance(route, Route) and route.methods == {"POST"}}
    assert answered == {operation.path for operation in OPERATIONS}
