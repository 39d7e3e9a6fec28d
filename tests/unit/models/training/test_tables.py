"""Tables of a team's own: JSON lines, missing columns, and what is said about a faulty row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from models.examples import TASKS
from models.labels import POST_LABELS
from models.training.recipe import RecipeError
from models.training.tables import read_examples
from tests.unit.models.made_up import write_table

TOXICITY, SPAM = POST_LABELS.index("toxicity"), POST_LABELS.index("spam")
POST = {"text": "nice day", "lang": "en"}
VISIT = {"text": "cough", "lang": "en", "urgency": 2}


def write_lines(path: Path, *rows: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_json_lines_need_a_text_and_a_language_and_the_labels_that_there_are(tmp_path: Path) -> None:
    write_lines(tmp_path / "posts" / "train.jsonl", POST | {"toxicity": 0}, "", POST | {"spam": 1, "source": "ours"})
    first, second = read_examples(tmp_path, "post", "train")
    assert (first.source, first.tier, first.task, second.source) == ("own", "A", "post", "ours")
    assert first.post[TOXICITY] == 0
    assert np.isnan(first.post[SPAM]), "a label that is not there is unlabelled, not 0"
    assert (second.post[SPAM], int(np.isnan(second.post).sum())) == (1, len(POST_LABELS) - 1)


def test_parquet_and_json_lines_stand_side_by_side(tmp_path: Path) -> None:
    write_table(tmp_path / "posts" / "train.parquet", [POST | {"toxicity": 1}])
    write_lines(tmp_path / "posts" / "train.jsonl", POST | {"text": "  good\u200b soup "})
    assert [e.text for e in read_examples(tmp_path, "post", "train")] == ["nice day", "good soup"]


def test_json_lines_and_parquet_read_alike(tmp_path: Path, tiny_data: Path) -> None:
    import pyarrow.parquet as pq

    folders = {"post": "posts", "condition": "symptoms"}
    for task in TASKS:
        folder = folders.get(task, task)
        rows = pq.read_table(tiny_data / folder / "dev.parquet").to_pylist()
        write_lines(tmp_path / folder / "dev.jsonl", *rows)
        for ours, theirs in zip(
            read_examples(tmp_path, task, "dev"), read_examples(tiny_data, task, "dev"), strict=True
        ):
            np.testing.assert_array_equal(ours.post, theirs.post)
            assert (ours.text, ours.sentiment, ours.condition) == (theirs.text, theirs.sentiment, theirs.condition)
            assert (ours.urgency, ours.spans, ours.source) == (theirs.urgency, theirs.spans, theirs.source)


def test_a_folder_with_posts_alone_is_enough(tmp_path: Path) -> None:
    write_lines(tmp_path / "posts" / "train.jsonl", POST)
    assert [len(read_examples(tmp_path, task, "train")) for task in TASKS] == [1, 0, 0, 0, 0]


def test_a_split_that_is_missing_is_no_empty_split(tmp_path: Path) -> None:
    write_lines(tmp_path / "posts" / "train.jsonl", POST)
    with pytest.raises(RecipeError, match="none for dev"):
        read_examples(tmp_path, "post", "dev")


def test_a_family_travels_with_its_rows(tmp_path: Path) -> None:
    write_lines(tmp_path / "posts" / "train.jsonl", POST | {"family": "weather"})
    assert read_examples(tmp_path, "post", "train")[0].family == "weather"


def test_a_span_does_not_reach_into_the_space_behind_it(tmp_path: Path) -> None:
    """A token holds the space before it: the next word would be taught as toxic."""
    spans = [[3, 10], [14, 19], [10, 11]]
    write_lines(tmp_path / "spans" / "train.jsonl", {"text": "you idiot man and  fool", "lang": "en", "spans": spans})
    (example,) = read_examples(tmp_path, "spans", "train")
    assert example.spans == ((4, 9), (14, 17), (10, 11))


def test_a_table_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "train.jsonl").write_bytes('{"text": "你好", "lang": "zh"}\n'.encode("gbk"))
    with pytest.raises(RecipeError, match="line 1: not a JSON object"):
        read_examples(tmp_path, "post", "train")


def test_a_visit_without_vitals_has_none_in_its_text(tmp_path: Path) -> None:
    write_lines(tmp_path / "urgency" / "train.jsonl", VISIT, VISIT | {"hr": 120, "pain": 1, "nrs_pain": 4})
    plain, full = read_examples(tmp_path, "urgency", "train")
    assert (plain.text, plain.urgency) == ("complaint: cough", 1)
    assert full.text == "heart rate 120 high | pain 4 of 10 | complaint: cough"


@pytest.mark.parametrize(
    ("task", "row", "said"),
    [
        ("post", POST | {"toxicity": 2}, "toxicity is 2, neither 0, 1 nor null"),
        ("post", POST | {"toxicity": "yes"}, "toxicity is 'yes'"),
        ("post", POST | {"toxic": 1}, "unknown column toxic; this table knows text, lang"),
        ("post", {"text": "nice day"}, "lang missing"),
        ("post", POST | {"lang": "fr"}, "lang is 'fr', none of en, zh"),
        ("post", POST | {"text": 7}, "text is not a string"),
        ("post", POST | {"source": 7, "family": 8}, "source, family is not a string"),
        ("post", POST | {"licence_tier": "MIT"}, "licence_tier is 'MIT', none of A, B, C"),
        ("post", "{nice", "not a JSON object"),
        ("post", "[1]", "not a JSON object"),
        ("sentiment", POST | {"sentiment": "glad"}, "sentiment is 'glad', none of negative, neutral, positive"),
        ("sentiment", POST, "sentiment missing"),
        ("condition", POST | {"condition": "sleepy"}, "condition is 'sleepy', none of the 75 in models/labels.py"),
        ("condition", POST | {"condition": "acne", "sex": 1}, "sex is not a string"),
        ("urgency", VISIT | {"urgency": 0}, "urgency is 0, none of 1, 2, 3, 4, 5"),
        ("urgency", VISIT | {"hr": "fast"}, "hr is 'fast'; it must be a number"),
        ("spans", POST | {"spans": [[0, 99]]}, "spans is no list"),
        ("spans", POST | {"spans": [[3, 3]]}, "spans is no list"),
        ("spans", POST | {"spans": "0-3"}, "spans is no list"),
    ],
)
def test_a_faulty_row_is_named_by_file_and_line(tmp_path: Path, task: str, row: Any, said: str) -> None:
    folder = {"post": "posts", "condition": "symptoms"}.get(task, task)
    good: dict[str, Any] = {
        "post": POST,
        "sentiment": POST | {"sentiment": "neutral"},
        "condition": POST | {"condition": "acne"},
    }
    good |= {"urgency": VISIT, "spans": POST | {"spans": [[0, 4]]}}
    write_lines(tmp_path / folder / "train.jsonl", good[task], "", row)
    with pytest.raises(RecipeError) as error:
        read_examples(tmp_path, task, "train")
    assert f"{folder}/train.jsonl, line 3: " in str(error.value)
    assert said in str(error.value)
    assert "nice day" not in str(error.value)


def test_a_faulty_row_of_parquet_is_named_by_its_number(tmp_path: Path) -> None:
    write_table(tmp_path / "posts" / "train.parquet", [POST | {"spam": 0}, POST | {"spam": 5}])
    with pytest.raises(RecipeError, match=r"train\.parquet, row 2: spam is 5, neither"):
        read_examples(tmp_path, "post", "train")
