"""Why a record has its level: what was only named, what carries the level, and what is missing."""

import json
from typing import Any

import pytest

from streams.policy import Policy
from streams.tasks.symptoms.assessment import Assessor
from streams.tasks.symptoms.explanation import MOST_CHANGES, Explainer

POLICY = Policy.load().symptoms
EXPLAINER = Explainer(Assessor.load(), 1_000_000, POLICY)


def explain(model: int | None = 5, photograph: int | None = None, **fields: Any) -> dict[str, Any]:
    """Of a verdict with the level that follows.

    Args:
        model: the level that it is sure of; None: it could not read the record.
    """
    probabilities = None if model is None else [float(level == model) for level in range(1, 6)]
    raised = [{"text": f"images.1: ulcer-like (urgency {model} raised to {photograph})"}] if photograph else []
    line = json.dumps({"id": "s", **fields}).encode()
    verdict = {
        "urgency": {"level": 5, "probabilities": probabilities},
        "evidence": [{"text": "chest pain"}, *raised],
        "warnings": ["text.pain: guessed"],
    }
    asked = EXPLAINER.explain(line, verdict)
    names = ("model_level", "unassessed_level", "protocol_level", "photograph_level")
    verdict["urgency"]["level"] = min(asked[name] for name in names if asked[name] is not None)  # type: ignore[index]
    return EXPLAINER.explain(line, verdict)


def changes(explanation: dict[str, Any]) -> list[tuple[int, str]]:
    return [(one["level"], one["if"]) for one in explanation["would_change"]]


def less_urgent(explanation: dict[str, Any]) -> list[tuple[int, str, str]]:
    """What would lower the level, and how it is now."""
    now = explanation["level"]
    return [(one["level"], one["if"], one["now"]) for one in explanation["would_change"] if one["level"] > now]


def test_a_denied_danger_sign_would_have_changed_the_level() -> None:
    assert (2, "seizure were present") in changes(explain(text="denies seizure, sore knee"))


def test_what_carries_the_level_would_lower_it() -> None:
    explanation = explain(text="he swallowed bleach", model=4)

    assert (explanation["protocol_level"], explanation["held_by"]) == (2, ["protocol"])
    assert less_urgent(explanation) == [(4, "poison were absent", "present")]


@pytest.mark.parametrize(
    ("model", "photograph", "held_by"),
    [
        (2, None, ["model", "protocol"]),
        (1, None, ["model"]),
        (None, None, ["unassessed", "protocol"]),
        (4, 2, ["protocol", "photograph"]),
        (4, 1, ["photograph"]),
    ],
)
def test_what_others_hold_alone_no_absence_would_lower(
    model: int | None, photograph: int | None, held_by: list[str]
) -> None:
    explanation = explain(model, photograph, text="he swallowed bleach")

    assert explanation["held_by"] == held_by
    assert less_urgent(explanation) == []


def test_a_photograph_keeps_the_level_where_it_asks_for_it() -> None:
    explanation = explain(photograph=3, text="he swallowed bleach")

    assert less_urgent(explanation) == [(3, "poison were absent", "present")]


def test_a_finding_that_is_only_possible_is_said_to_be() -> None:
    assert less_urgent(explain(text="maybe he swallowed bleach")) == [(5, "poison were absent", "possible")]
    twice = explain(text="maybe he swallowed bleach. he swallowed bleach")
    assert less_urgent(twice) == [(5, "poison were absent", "present")]


@pytest.mark.parametrize(
    ("fields", "changes"),
    [
        ({"age": 50, "vitals": {"systolic": 84}}, [(5, "the blood pressure were normal", "84")]),
        ({"age": 50, "vitals": {"systolic": 84, "diastolic": 50}}, [(5, "the blood pressure were normal", "84/50")]),
        (
            {"age": 40, "vitals": {"heart_rate": 120, "systolic": 92}},  # the shock index
            [(5, "the heart rate were normal", "120"), (5, "the blood pressure were normal", "92")],
        ),
        (
            {"age": 70, "vitals": {"heart_rate": 112, "respiratory_rate": 24, "systolic": 98, "saturation": 95}},
            [
                (3, "the heart rate were normal", "112"),  # of the early-warning points enough are left for level 3
                (3, "the respiratory rate were normal", "24"),
                (3, "the blood pressure were normal", "98"),
                (3, "the oxygen saturation were normal", "95"),
            ],
        ),
        ({"context": {"consciousness": "verbal"}}, [(5, "the level of consciousness were normal", "verbal")]),
    ],
)
def test_a_measure_that_carries_the_level_would_lower_it(
    fields: dict[str, Any], changes: list[tuple[int, str, str]]
) -> None:
    assert less_urgent(explain(text="unwell", **fields)) == changes


@pytest.mark.parametrize(
    ("text", "vitals", "changes"),
    [
        ("on chemo, temperature 38.4", {}, ["chemotherapy were absent", "the temperature were normal"]),
        ("on chemo", {"temperature": 38.4}, ["chemotherapy were absent", "the temperature were normal"]),
        ("fever, on chemo", {"temperature": 38.4}, ["chemotherapy were absent", "fever were absent"]),
        ("fever, on chemo", {}, ["chemotherapy were absent", "fever were absent"]),
    ],
)
def test_a_fever_and_the_temperature_that_says_it_go_together(
    text: str, vitals: dict[str, float], changes: list[str]
) -> None:
    assert [change for _, change, _ in less_urgent(explain(text=text, vitals=vitals))] == changes


def test_where_two_rules_ask_for_the_level_no_one_thing_carries_it() -> None:
    explanation = explain(text="he swallowed bleach", age=50, vitals={"systolic": 84})

    assert explanation["held_by"] == ["protocol"]
    assert less_urgent(explanation) == []


def test_a_rule_that_lacks_one_thing_is_named_with_it() -> None:
    found = explain(text="chest pain", age=20)["would_change"]

    assert any(one.get("rule") == "chest_pain_with_danger_signs" for one in found)
    assert len(found) <= MOST_CHANGES


def test_places_are_those_of_the_text_as_it_was_sent() -> None:
    text = "😀 see https://example.com/a/b\nno fever, HR 120"
    explanation = explain(text=text, symptoms=["headache"])

    places = {one["text"]: (one["start"], one["end"]) for one in explanation["findings"]}
    assert text[slice(*places["fever"])] == "fever"
    assert places["headache"] == (None, None)
    number = explanation["numbers"][0]
    assert text[number["start"] : number["end"]] == "HR 120"


def test_warnings_are_the_verdicts() -> None:
    assert explain(text="x")["warnings"] == ["text.pain: guessed"]


def test_findings_have_a_name_in_both_languages() -> None:
    (one,) = explain(text="seizure")["findings"]

    assert (one["name"], one["name_zh"]) == ("seizure", "抽搐")
