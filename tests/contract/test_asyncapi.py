"""The AsyncAPI document: valid, complete, and true to the topics that the service has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from asyncapi3.models.asyncapi import AsyncAPI3
from hypothesis import given
from hypothesis import strategies as st

import schemas
from schemas import DeadLetter
from schemas.asyncapi import asyncapi_document, to_yaml
from schemas.generate import definitions, messages
from streams.kafka.topics import input_kinds, kinds, output_kinds, topic_config
from streams.tasks import channels, declared

CHANNELS = channels()
MODELS = messages(CHANNELS)
DOCUMENT: dict[str, Any] = yaml.safe_load((Path(schemas.__file__).parent / "asyncapi.yaml").read_text("utf-8"))
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def test_is_asyncapi_3() -> None:
    AsyncAPI3.model_validate(DOCUMENT)
    assert DOCUMENT["asyncapi"] == "3.0.0"


@pytest.mark.parametrize("broken", ["action", "channel", "messages"])
def test_the_check_notices_a_broken_document(broken: str) -> None:
    document = asyncapi_document(CHANNELS, definitions(MODELS.values()))
    document["operations"]["receive-posts"][broken] = "nonsense"
    with pytest.raises(ValueError, match=broken):
        AsyncAPI3.model_validate(document)


def test_every_reference_leads_somewhere() -> None:
    references = set(_references(DOCUMENT))
    assert references
    for reference in references:
        place: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, reference
            place = place[step]


def test_channels_are_the_topics() -> None:
    assert set(DOCUMENT["channels"]) == set(kinds())
    for kind, channel in DOCUMENT["channels"].items():
        assert channel["address"] == f"{{prefix}}.{kind}"


def test_operations_are_what_the_service_does() -> None:
    done = {channel.kind: channel.action for channel in CHANNELS if channel.action}
    sent = {kind for kind, action in done.items() if action == "send"}
    received = {kind for kind, action in done.items() if action == "receive"}
    assert sent == set(output_kinds())
    assert received == {*input_kinds(), *(task.backfill.kind for task in declared().values()), "control"}
    assert set(DOCUMENT["operations"]) == {f"{action}-{kind}" for kind, action in done.items()}


def test_topic_settings_are_those_of_topics_create() -> None:
    configs = {channel.kind: topic_config(channel) for channel in CHANNELS}
    for kind, channel in DOCUMENT["channels"].items():
        said = channel.get("bindings", {}).get("kafka", {}).get("topicConfiguration", {})
        plain = {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in said.items()}
        assert plain == configs[kind], kind
    assert configs["dead-letters"] == {"max.message.bytes": "4194304"}
    assert configs["control"] == {"cleanup.policy": "compact"}
    assert configs["reviews"] == {"retention.ms": str(365 * 24 * 3600 * 1000)}
    assert DOCUMENT["channels"]["control"]["bindings"]["kafka"]["partitions"] == 1


@pytest.mark.parametrize("name", [name for name in MESSAGES if name != "DeadLetter"])
def test_examples_fit_model_and_schema(name: str) -> None:
    model = next(model for model in MODELS.values() if model.__name__ == name)
    whole = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    for example in MESSAGES[name]["examples"]:
        model.model_validate(example["payload"])
        jsonschema.Draft202012Validator(whole).validate(example["payload"])


def test_dead_letter_headers_are_those_of_the_model() -> None:
    said = MESSAGES["DeadLetter"]["headers"]
    example = MESSAGES["DeadLetter"]["examples"][0]["headers"]
    jsonschema.Draft202012Validator({**said, "components": DOCUMENT["components"]}).validate(example)
    headers = [(name, value.encode()) for name, value in example.items()]
    assert DeadLetter.from_headers(headers).to_headers() == headers
    assert said["required"] == list(example)


_texts = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")))
_scalars = st.none() | st.booleans() | st.integers() | st.floats(-1e6, 1e6).map(lambda x: round(x, 4)) | _texts
_documents = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4), max_leaves=20
)


@given(_documents)
def test_the_yaml_says_what_the_document_says(document: Any) -> None:
    assert yaml.safe_load(to_yaml(document)) == document


def test_the_file_is_the_document() -> None:
    assert asyncapi_document(CHANNELS, definitions(MODELS.values())) == DOCUMENT
