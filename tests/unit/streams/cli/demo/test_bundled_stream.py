"""The stream of the demo is what the demo says it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import orjson
import pytest

from models.labels import POST_LABELS
from schemas import InvalidRecord, Post, SymptomRecord
from streams.cli.demo.stream import FOLDER, bundled_stream

LIMIT = 1_048_576


def documents(name: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (FOLDER / name).read_bytes().splitlines()]


POSTS = documents("posts.jsonl")
SYMPTOMS = documents("symptoms.jsonl")


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def test_every_record_fits_its_schema() -> None:
    for document in POSTS:
        Post.decode(orjson.dumps(document), LIMIT)
    for document in SYMPTOMS:
        SymptomRecord.decode(orjson.dumps(document), LIMIT)


def test_ids_and_texts_are_unique() -> None:
    for documents_ in (POSTS, SYMPTOMS):
        assert len({document["id"] for document in documents_}) == len(documents_)
        assert len({document["text"] for document in documents_ if "text" in document}) >= len(documents_) - 2


def test_there_is_enough_in_both_languages_and_of_every_kind() -> None:
    assert len(POSTS) >= 320
    assert len(SYMPTOMS) >= 64
    chinese = sum(is_chinese(document["text"]) for document in POSTS) / len(POSTS)
    assert 0.4 < chinese < 0.5
    kinds = Counter(document["kind"] for document in POSTS)
    assert set(kinds) == {"comment", "reply", "sms", "message"}
    assert min(kinds.values()) >= 15
    assert sum(is_chinese(document.get("text", "")) for document in SYMPTOMS) >= 25


def test_a_fifth_to_a_quarter_breaks_a_rule_and_every_label_occurs() -> None:
    breaking = [document for document in POSTS if document["expect"]]
    assert 0.2 <= len(breaking) / len(POSTS) <= 0.25
    counts = Counter(label for document in breaking for label in document["expect"])
    assert set(counts) == set(POST_LABELS)
    assert min(counts.values()) >= 5


def test_some_authors_come_back_and_one_wave_comes_from_many() -> None:
    offences = Counter(document["author"] for document in POSTS if document["expect"])
    assert sum(count >= 3 for count in offences.values()) >= 3
    authors: dict[str, set[str]] = defaultdict(set)
    for document in POSTS:
        if "watches" in document["text"].lower():
            authors["wave"].add(document["author"])
    assert len(authors["wave"]) >= 20


def test_the_broken_lines_are_broken() -> None:
    lines = (FOLDER / "broken.jsonl").read_bytes().splitlines()
    assert 4 <= len(lines) <= 6
    reasons = set()
    for line in lines:
        with pytest.raises(InvalidRecord) as refused:
            Post.decode(line, LIMIT)
        reasons.add(refused.value.reason.value)
    assert {"invalid_json", "missing_field", "empty_text", "wrong_type"} <= reasons


def test_the_whole_stream_is_in_one_fixed_order() -> None:
    stream = bundled_stream()
    assert len(stream) == len(POSTS) + len(SYMPTOMS) + 6
    assert [bundled.id for bundled in stream] == [bundled.id for bundled in bundled_stream()]
    kinds = Counter(bundled.message.kind for bundled in stream)
    assert kinds == {"posts": len(POSTS) + 6, "symptoms": len(SYMPTOMS)}
    in_order = [bundled.id for bundled in stream if bundled.id.startswith("p")]
    assert in_order == [document["id"] for document in POSTS]
