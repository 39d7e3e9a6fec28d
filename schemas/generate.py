"""Writes what the models say as JSON Schemas and as an AsyncAPI document: `tidegate schema export`.

The output depends on the models alone, so that a test can hold the committed files to them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from schemas import Alert, Control, DeadLetter, Post, PostVerdict, Review, SymptomRecord, SymptomVerdict
from schemas.asyncapi import asyncapi_document, to_yaml
from schemas.base import SCHEMA_VERSION, Input

MODELS: Final[dict[str, type[BaseModel]]] = {
    "post": Post,
    "symptom_record": SymptomRecord,
    "review": Review,
    "control": Control,
    "post_verdict": PostVerdict,
    "symptom_verdict": SymptomVerdict,
    "alert": Alert,
    "dead_letter": DeadLetter,
}


def write_all(folder: Path) -> list[Path]:
    """Writes json/NAME.json for each message and asyncapi.yaml into a folder; returns their paths."""
    texts = {Path("json", f"{name}.json"): _json(json_schema(name)) for name in MODELS}
    texts[Path("asyncapi.yaml")] = to_yaml(asyncapi_document(definitions()))
    written = []
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def json_schema(name: str) -> dict[str, Any]:
    """JSON Schema 2020-12 of one message: what may be sent to an input, what an output holds."""
    model = MODELS[name]
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:tidegate:schema:{name}:{SCHEMA_VERSION}",
        **model.model_json_schema(mode=_mode(model), schema_generator=PlainTitles),
    }


def definitions() -> dict[str, Any]:
    """The same schemas by class name, parts included, as they refer to each other inside one AsyncAPI document."""
    wanted = [(model, _mode(model)) for model in MODELS.values()]
    template = "#/components/schemas/{model}"
    _, schemas = models_json_schema(wanted, ref_template=template, schema_generator=PlainTitles)
    found: dict[str, Any] = schemas["$defs"]
    return found


def _mode(model: type[BaseModel]) -> JsonSchemaMode:
    return "validation" if issubclass(model, Input) else "serialization"


class PlainTitles(GenerateJsonSchema):
    """Leaves out the titles that only repeat a field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
