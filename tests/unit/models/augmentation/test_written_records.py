"""Symptom records written by hand."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from models.augmentation.written import SentenceError, split_families
from models.augmentation.written_records import RECORDS, SECOND_READER, graded_records, read_written_records
from models.complaint import load_catalogue
from models.examples import Example
from models.labels import CONDITION_CLASSES, CONDITIONS, NO_CONDITION


def write(folder: Path, **changes: Any) -> Path:
    line = {
        "family": "sting", "lang": "en", "text": "my throat is closing after a wasp sting", "age": 31, "sex": "f",
        "hr": 120, "findings": [["throat_swelling", "present", "throat is closing"]], "level": 2,
        "why": "airway at risk", "condition": "anaphylaxis",
    }  # fmt: skip
    (folder / "en.jsonl").write_text(json.dumps(line | changes) + "\n", encoding="utf-8")
    return folder


def test_a_record_teaches_its_level_and_its_condition(tmp_path: Path) -> None:
    (row,) = read_written_records(write(tmp_path))
    assert (row.task, row.urgency, row.condition) == ("urgency", 1, CONDITIONS.index("anaphylaxis"))
    assert row.text.startswith("age 31 adult | sex female | heart rate 120 high")
    assert row.text.endswith("complaint: my throat is closing after a wasp sting")


def test_numbers_of_the_text_count_as_in_the_service(tmp_path: Path) -> None:
    (row,) = read_written_records(write(tmp_path, text="pulse 130, throat is closing", hr=None))
    assert "heart rate 130 high" in row.text


def test_no_condition_is_a_class_and_no_vital_sign_is_unknown(tmp_path: Path) -> None:
    (row,) = read_written_records(write(tmp_path, condition=None, hr=None, age=None, sex=None))
    assert CONDITION_CLASSES[row.condition] == NO_CONDITION
    assert row.text.startswith("complaint: ")


@pytest.mark.parametrize(
    "changes",
    [{"level": 6}, {"condition": "bad luck"}, {"lang": "fr"}, {"findings": [["x", "present", "not in it"]]},
     {"findings": [["x", "perhaps", "wasp"]]}],
)  # fmt: skip
def test_a_faulty_line_is_named(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(SentenceError, match=r"en\.jsonl, line 1"):
        read_written_records(write(tmp_path, **changes))


def test_the_shipped_records_are_distinct_and_hold_every_level_in_both_languages() -> None:
    rows = read_written_records()
    assert max(Counter(row.text for row in rows).values()) == 1
    levels = Counter((row.lang, row.urgency) for row in rows)
    assert min(levels[lang, level] for lang in ("en", "zh") for level in range(5)) >= 20


def test_graded_records_are_those_that_no_training_sees() -> None:
    documents = graded_records()
    seen, kept = split_families(read_written_records())
    assert [one["text"] for one in documents] == [row.raw for row in kept]
    assert {one["text"] for one in documents}.isdisjoint(row.raw for row in seen)
    assert all(one["level"] in range(1, 6) and None not in one.values() for one in documents)
    assert any(one.get("vitals", {}).get("heart_rate") for one in documents)
    assert [one["condition"] for one in documents] == [CONDITION_CLASSES[row.condition] for row in kept]
    assert len({one["id"] for one in documents}) == len(documents)


def test_graded_records_hold_what_both_readers_marked(tmp_path: Path) -> None:
    family = next(f"f{n}" for n in range(99) if split_families([row_of(f"f{n}")])[1])
    folder = write(tmp_path, family=family, text="throat is closing, no wasp sting")
    second = tmp_path / "second.txt"
    second.write_text(
        json.dumps({"text": "throat is closing, no wasp sting", "level": 1, "findings": [["rash", "past"]]})
    )
    (one,) = graded_records(folder, second)
    assert (one["family"], one["findings"]) == (family, [["throat_swelling", "present"]])
    assert one["second_findings"] == [["rash", "past"]]
    second.write_text(json.dumps({"text": "something else", "level": 1, "findings": []}))
    assert "second_findings" not in graded_records(folder, second)[0]


def test_a_faulty_line_of_the_second_reader_is_named(tmp_path: Path) -> None:
    second = tmp_path / "second.txt"
    second.write_text(json.dumps({"text": "a rash", "level": 1, "findings": [["rash", "perhaps"]]}))
    with pytest.raises(SentenceError, match=r"second\.txt, line 1"):
        graded_records(write(tmp_path), second)


def test_the_findings_of_both_readers_are_known_ones_and_each_text_of_the_second_is_a_record() -> None:
    known = set(load_catalogue())
    for one in graded_records():
        assert {key for key, _ in [*one["findings"], *one.get("second_findings", [])]} <= known
    texts = [json.loads(line)["text"] for line in SECOND_READER.read_text("utf-8").splitlines()]
    assert len(set(texts)) == len(texts)
    assert set(texts) <= {row.raw for row in read_written_records()}


def test_unseen_records_are_none_of_the_others() -> None:
    """Their figures are of wording that neither the phrases nor a training knew."""
    path = RECORDS.with_name("unseen_records.jsonl")
    texts = [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
    assert len(set(texts)) == len(texts)
    assert set(texts).isdisjoint(row.raw for row in read_written_records())


def row_of(family: str) -> Example:
    return Example("a", "en", "written_records", "A", "urgency", family=family)
