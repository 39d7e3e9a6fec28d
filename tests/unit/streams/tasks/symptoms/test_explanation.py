"""Why a record has its level: what was only named, what carries the level, and what is missing."""

import json
from typing import Any

from streams.tasks.symptoms.assessment import Assessor
from streams.tasks.symptoms.explanation import MOST_CHANGES, Explainer

EXPLAINER = Explainer(Assessor.load(), 1_000_000)


def explain(level: int = 5, **fields: Any) -> dict[str, Any]:
    verdict = {"urgency": {"level": level, "probabilities": None}, "warnings": ["text.pain: guessed"]}
    return EXPLAINER.explain(json.dumps({"id": "s", **fields}).encode(), verdict)


def changes(explanation: dict[str, Any]) -> list[tuple[int | None, str]]:
    return [(one["level"], one["if"]) for one in explanation["would_change"]]


def test_a_denied_danger_sign_would_have_changed_the_level() -> None:
    assert (2, "seizure were present") in changes(explain(text="denies seizure, sore knee"))


def test_what_carries_the_level_would_lower_it() -> None:
    explanation = explain(2, text="he swallowed bleach")

    assert explanation["protocol_level"] == 2
    assert (None, "poison were absent") in changes(explanation)


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
