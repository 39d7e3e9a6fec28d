"""Writes what the models say as JSON Schemas and as an AsyncAPI document: `tidegate schema export`.

The output depends on the models alone, so that a test can hold the committed files to them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from schemas.asyncapi import asyncapi_document, to_yaml
from schemas.base import SCHEMA_VERSION, Input
from schemas.channels import Channel


def write_all(folder: Path, channels: Sequence[Channel]) -> list[Path]:
    """Writes json/NAME.json for each message and asyncapi.yaml into a folder; returns their paths."""
    models = messages(channels)
    texts = {Path("json", f"{name}.json"): _json(json_schema(model)) for name, model in models.items()}
    texts[Path("asyncapi.yaml")] = to_yaml(asyncapi_document(channels, definitions(models.values())))
    written = []
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def messages(channels: Iterable[Channel]) -> dict[str, type[BaseModel]]:
    """What travels on them, by the name of its file: `post_verdict` for a PostVerdict."""
    return {_file_name(channel.message): channel.message for channel in channels}


def _file_name(model: type[BaseModel]) -> str:
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", model.__name__).lower()


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """JSON Schema 2020-12 of one message: what may be sent to an input, what an output holds."""
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:tidegate:schema:{_file_name(model)}:{SCHEMA_VERSION}",
        **model.model_json_schema(mode=_mode(model), schema_generator=PlainTitles),
    }


def definitions(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    """The same schemas by class name, parts included, as they refer to each other inside one AsyncAPI document."""
    wanted = [(model, _mode(model)) for model in models]
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
