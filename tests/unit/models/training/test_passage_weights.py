"""What is learned of passages: findings with their words, from the records that training sees."""

from typing import Any

import pytest

from models.augmentation.written_records import graded_records, marked_records
from models.complaint import Assertion
from models.complaint.passages import PassageWeights

pytest.importorskip("scipy")
from models.training.passage_weights import FEWEST, fit, marked_passages


def record(text: str, *findings: list[str]) -> dict[str, Any]:
    return {"text": text, "findings": list(findings)}


RECORDS = [
    *(record(f"day {day}, water on the face", ["sweating", "present", "water on the face"]) for day in range(FEWEST)),
    *(record(f"day {day}; dry face", ["sweating", "absent", "dry face"]) for day in range(FEWEST)),
    *(record(f"temp 39, day {day}", ["fever", "present", "temp 39"]) for day in range(FEWEST)),
    *(record(f"day {day}, blue hat", ["rash", "present", "blue hat"]) for day in range(FEWEST - 1)),
]


def test_frequent_findings_are_learned_as_they_are_meant() -> None:
    learned = fit(marked_passages(RECORDS))
    outputs = [(key, Assertion(said)) for key, said in learned["outputs"].tolist()]
    assert outputs == [("sweating", Assertion.ABSENT), ("sweating", Assertion.PRESENT)]
    asked = PassageWeights(outputs, learned["weights"], learned["scales"], learned["rarity"])
    assert [one.assertion for one in asked.alike("water on the face", 0.4)] == [Assertion.PRESENT]
    assert [one.assertion for one in asked.alike("a hat, dry face", 0.4)] == [Assertion.ABSENT]


def test_a_finding_is_in_the_passages_of_its_words_alone() -> None:
    marked = marked_passages([RECORDS[0]])
    assert marked.said == [frozenset(), {("sweating", Assertion.PRESENT)}]
    assert marked.runs.shape[0] == 2


def test_records_kept_out_of_training_are_not_among_those_learned_from() -> None:
    kept = {one["family"] for one in graded_records()}
    assert kept.isdisjoint(one["family"] for one in marked_records())
