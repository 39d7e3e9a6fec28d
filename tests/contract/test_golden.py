"""Messages that were sent once must be read for ever: never edit a golden file, add another one.

A file is named KIND.CASE.json; KIND is a name of `schemas.generate.messages`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel, ValidationError

from schemas import DeadLetter, Post, SymptomRecord
from schemas.base import Input, Output
from schemas.generate import json_schema, messages
from streams.tasks import channels

MODELS = messages(channels())
GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))
HEADERS = "dead_letter"
FUTURE = "field_of_the_future"
LATER = (
    "schema_version", "warnings", "assessed", "read_share", "rules", "pictures", "classes", "breach", "share", "judges",
    "sampled", "drift", "verdict",
)  # fmt: skip
"""Fields of outputs that older messages do not have."""
WORDS = ("en", "zh", "insult")
"""Keys of objects that are by word, of which any may be missing."""

Case = tuple[str, Any]


def _cases(base: type[BaseModel]) -> list[Any]:
    return list(_each_case(base))


def _each_case(base: type[BaseModel]) -> Iterator[Any]:
    for path in GOLDEN:
        kind = path.name.split(".")[0]
        if kind != HEADERS and issubclass(MODELS[kind], base):
            yield pytest.param((kind, json.loads(path.read_text("utf-8"))), id=path.name)


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document, the document first."""
    if isinstance(document, dict):
        yield document
        for inner in document.values():
            yield from _objects(inner)
    elif isinstance(document, list):
        for inner in document:
            yield from _objects(inner)


def _decode(kind: str, document: Any) -> BaseModel:
    value = json.dumps(document).encode()
    model = MODELS[kind]
    return model.decode(value, 1 << 20) if issubclass(model, Input) else model.model_validate_json(value)


def test_every_kind_has_a_golden_message() -> None:
    assert {path.name.split(".")[0] for path in GOLDEN} == set(MODELS)


@pytest.mark.parametrize("kind", sorted(set(MODELS) - {HEADERS}))
def test_every_field_stands_in_a_golden_message(kind: str) -> None:
    described = {name for place in _objects(json_schema(MODELS[kind])) for name in place.get("properties", ())}
    messages = [json.loads(path.read_text("utf-8")) for path in GOLDEN if path.name.split(".")[0] == kind]
    assert described <= {name for message in messages for place in _objects(message) for name in place}


@pytest.mark.parametrize("case", _cases(BaseModel))
def test_is_read(case: Case) -> None:
    _decode(*case)


@pytest.mark.parametrize("case", [case for case in _cases(Input) if "other_words" not in str(case.id)])
def test_input_keeps_what_it_says(case: Case) -> None:
    kind, document = case
    read = _decode(kind, document).model_dump(mode="json")
    for name, value in document.items():
        if name in read and name not in ("time", "sex", "symptoms"):  # those three are rewritten on reading
            assert read[name] == (str(value) if name in ("id", "author", "thread") else value), name


@pytest.mark.parametrize("case", _cases(Input))
def test_unknown_fields_of_an_input_change_nothing(case: Case) -> None:
    kind, document = case
    expected = _decode(kind, document)
    for place in list(_objects(document)):
        place[FUTURE] = {"anything": [1]}
    assert _decode(kind, document) == expected


@pytest.mark.parametrize("case", _cases(Output))
def test_output_survives_a_round_trip(case: Case) -> None:
    kind, document = case
    read = _decode(kind, document)
    assert _without_time(read.model_dump(mode="json", exclude_unset=True)) == _without_time(document)
    assert MODELS[kind].model_validate_json(read.model_dump_json()) == read


def _without_time(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "created_at"}  # written to the millisecond


@pytest.mark.parametrize("case", _cases(Output))
def test_output_says_nothing_undescribed_and_leaves_nothing_out(case: Case) -> None:
    kind, document = case
    for number, place in enumerate(_objects(document)):
        changed = json.loads(json.dumps(document))
        list(_objects(changed))[number][FUTURE] = 1
        with pytest.raises(ValidationError, match=FUTURE):
            _decode(kind, changed)
        for name in place:
            changed = json.loads(json.dumps(document))
            del list(_objects(changed))[number][name]
            if name not in (*LATER, *WORDS):
                with pytest.raises(ValidationError, match=name):
                    _decode(kind, changed)


@pytest.mark.parametrize("case", _cases(Output))
def test_output_fits_its_json_schema(case: Case) -> None:
    kind, document = case
    jsonschema.Draft202012Validator(json_schema(MODELS[kind])).validate(document)


@pytest.mark.parametrize("name", ["post.full.json", "post.minimal.json", "symptom_record.full.json"])
def test_plain_input_fits_its_json_schema(name: str) -> None:
    document = json.loads((Path(__file__).parent / "golden" / name).read_text("utf-8"))
    jsonschema.Draft202012Validator(json_schema(MODELS[name.split(".")[0]])).validate(document)


def test_spelling_variants_are_understood() -> None:
    golden = {path.name: path.read_bytes() for path in GOLDEN}
    listed = SymptomRecord.decode(golden["symptom_record.list.json"], 1 << 20)
    single = SymptomRecord.decode(golden["symptom_record.single_symptom.json"], 1 << 20)
    post = Post.decode(golden["post.integer_ids.json"], 1 << 20)
    assert (listed.sex, single.sex) == ("female", "female")
    assert (single.id, single.symptoms) == ("3", ["itchy rash"])
    assert (post.id, post.author, post.thread) == ("4471", "12", "9")


def test_other_words_of_a_symptom_record_are_understood() -> None:
    golden = {path.name: path.read_bytes() for path in GOLDEN}
    read = SymptomRecord.decode(golden["symptom_record.other_words.json"], 1 << 20)
    assert read.model_dump(mode="json", exclude_none=True) == {
        "schema_version": 1,
        "id": "91",
        "text": "faint since this morning",
        "symptoms": ["dizzy"],
        "patient": "17",
        "age": 82.0,
        "sex": "female",
        "time": "2026-11-24T09:15:00.123000Z",
        "vitals": {"heart_rate": 124, "systolic": 88, "diastolic": 51, "temperature": 38.5, "saturation": 93},
        "context": {"injury": False, "consciousness": "verbal"},
    }
    assert list(read.warnings) == [
        "vitals.temperature: read as degrees Fahrenheit",
        "vitals.saturation: read as a fraction of 1",
    ]


def test_dead_letter_headers_are_read_and_written_alike() -> None:
    path = next(path for path in GOLDEN if path.name.startswith(HEADERS))
    headers = [(name, value.encode()) for name, value in json.loads(path.read_text("utf-8"))]
    letter = DeadLetter.from_headers(headers)
    assert letter.original_offset == 9_007_199_254_740_993  # beyond what a float holds
    assert letter.to_headers() == headers[1:]
    assert DeadLetter.split_headers(headers) == (2, headers[:1])
