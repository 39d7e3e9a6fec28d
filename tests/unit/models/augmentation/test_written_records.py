"""Symptom records written by hand."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from models.augmentation.written import SentenceError, split_families
from models.augmentation.written_records import graded_records, read_written_records
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
