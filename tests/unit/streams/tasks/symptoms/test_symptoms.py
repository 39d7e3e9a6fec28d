"""Symptom records: ranked conditions, an urgency that rules can only raise, evidence that can be checked."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.serving.types import Scores
from streams.tasks.symptoms.evidence import MAX_EVIDENCE
from streams.tasks.symptoms.level import likely_level
from streams.tasks.symptoms.task import DISCLAIMERS
from tests.unit.streams.tasks.building import decide, kinds, symptom_scores, symptoms_task

RECORD = {"id": "s1", "text": "my knee has been stiff for weeks", "patient": "pat"}
VITALS = {"heart_rate": 72, "respiratory_rate": 14, "systolic": 120, "temperature": 36.8, "saturation": 98}


def triage(scores: Scores | None = None, **fields: Any) -> dict[str, Any]:
    return decide(symptoms_task(), {**RECORD, **fields}, scores or symptom_scores())[0]


def texts(verdict: dict[str, Any]) -> list[str]:
    return [each["text"] for each in verdict["evidence"]]


def test_conditions_are_ranked_and_at_most_five() -> None:
    scores = symptom_scores(arthritis=0.6, migraine=0.1, acne=0.2, dengue=0.05, malaria=0.03, typhoid=0.02)
    verdict, outputs = decide(symptoms_task(), RECORD, scores, key=b"pat")

    assert [(kind, key) for kind, key, _ in outputs] == [("triage", b"pat")]
    ranked = [(each["condition"], each["probability"]) for each in verdict["conditions"]]
    assert ranked == [("arthritis", 0.6), ("acne", 0.2), ("migraine", 0.1), ("dengue", 0.05), ("malaria", 0.03)]
    assert (verdict["record_id"], verdict["urgency"]["level"]) == ("s1", 4)
    assert verdict["body_parts"] == ["joint"]
    assert "pat" not in str({**verdict, "disclaimer": ""}).replace("patient", "")


@pytest.mark.parametrize(
    ("probabilities", "level"),
    [
        ((1.0, 0, 0, 0, 0), 1),
        ((0, 0, 0, 0, 1.0), 5),
        ((0.2, 0.2, 0.2, 0.2, 0.2), 3),
        ((0.0, 0.5, 0.0, 0.5, 0.0), 2),
        ((0.0, 0.4999, 0.0, 0.5001, 0.0), 4),
        ((0.1, 0.1, 0.3, 0.3, 0.2), 3),
    ],
)
def test_the_level_is_the_median_and_a_tie_is_more_urgent(probabilities: tuple[float, ...], level: int) -> None:
    assert likely_level(np.array(probabilities)) == level


@given(st.lists(st.floats(0.001, 1), min_size=5, max_size=5))
def test_the_median_has_the_smallest_expected_distance(values: list[float]) -> None:
    probabilities = np.array(values) / sum(values)
    levels = np.arange(1, 6)
    distances = [float(probabilities @ abs(levels - level)) for level in levels]

    assert distances[likely_level(probabilities) - 1] <= min(distances) + 1e-9


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("chest pain and cold sweat since an hour", 2),
        ("胸口很痛,一直冒冷汗", 2),
        ("he is unresponsive and not breathing", 1),
        ("病人昏迷,没有呼吸", 1),
        ("her face is drooping and she has slurred speech", 2),
        ("嘴角歪斜,说话不清,左侧肢体无力", 2),
        ("I want to die and have a plan", 2),
        ("我不想活了,想自杀", 2),
        ("throwing up blood", 2),
        ("孩子突然抽搐", 2),
        ("I can't breathe", 2),
        ("fever with a stiff neck", 2),
        ("he took an overdose", 2),
    ],
)
def test_red_flags_raise_urgency_and_say_so(text: str, level: int) -> None:
    verdict, outputs = decide(symptoms_task(), {**RECORD, "text": text}, symptom_scores(0, 0, 0, 0, 1))

    assert verdict["urgency"] == {"level": level, "probabilities": [0, 0, 0, 0, 1]}
    first = verdict["evidence"][0]
    assert first["text"].startswith("red flag: ")
    assert first["text"].endswith(f"(urgency 5 raised to {level})")
    assert first["weight"] == 1.0
    assert kinds(outputs) == ["triage", "alerts"]


@pytest.mark.parametrize(
    "text",
    [
        "no chest pain, denies sweating",
        "I do not have chest pain but I am sweating",
        "没有胸痛,只是出汗",
        "想死你了,我的膝盖有点酸",
        "my heart rate is fine",
        "否认自杀",
        "不抽搐,精神好",
    ],
)
def test_what_is_denied_or_meant_otherwise_raises_nothing(text: str) -> None:
    assert triage(symptom_scores(0, 0, 0, 0, 1), text=text)["urgency"]["level"] == 5


@pytest.mark.parametrize(
    "text",
    [
        "Allergies: no\nchest pain and sweating",
        "Smoker: no \r\n chest pain, sweating or clammy",
        "crushing chest\npain and a cold\nsweat",
        "过敏史：无\n胸痛、出汗",
        "😀 see https://example.com/a\n\nFever: no\nchest pain\nsweating",
    ],
)
def test_a_line_is_not_denied_by_the_line_before(text: str) -> None:
    assert triage(symptom_scores(0, 0, 0, 0, 1), text=text)["urgency"]["level"] == 2


def test_rules_never_lower_urgency() -> None:
    verdict = triage(symptom_scores(1, 0, 0, 0, 0), text="chest pain and sweating")

    assert verdict["urgency"]["level"] == 1
    assert "raised" not in verdict["evidence"][0]["text"]


@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({"vitals": VITALS}, 5),
        ({"vitals": {**VITALS, "saturation": 92}}, 5),
        ({"vitals": {**VITALS, "saturation": 91.9}}, 2),
        ({"vitals": {**VITALS, "systolic": 79}}, 2),
        ({"vitals": {**VITALS, "heart_rate": 150}}, 2),
        ({"vitals": {**VITALS, "respiratory_rate": 28, "heart_rate": 150}, "age": 2}, 5),
        ({"vitals": {**VITALS, "respiratory_rate": 28, "heart_rate": 161}, "age": 2}, 2),
        ({"vitals": {**VITALS, "saturation": 88}, "age": 2}, 2),
        ({"vitals": {**VITALS, "heart_rate": 131, "respiratory_rate": 22, "systolic": 95}}, 2),
        ({"vitals": {**VITALS, "heart_rate": 111, "respiratory_rate": 22, "systolic": 105}}, 3),
        ({"context": {"consciousness": "alert"}}, 5),
        ({"context": {"consciousness": "pain"}}, 2),
        ({"context": {"consciousness": "unresponsive"}}, 1),
        ({"vitals": {"temperature": 38.0}, "age": 0.2}, 2),
        ({"vitals": {"temperature": 38.0}, "age": 0.3}, 5),
        ({"text": "宝宝发烧", "age": 0.1}, 2),
    ],
)
def test_vital_signs_that_nobody_may_wait_with(fields: dict[str, Any], level: int) -> None:
    assert triage(symptom_scores(0, 0, 0, 0, 1), **fields)["urgency"]["level"] == level


def test_evidence_points_into_the_original_text() -> None:
    text = "😀 since\u200b monday: chest  pain, see https://example.com/a/b and I am sweating"
    verdict = triage(text=text, vitals={**VITALS, "heart_rate": 120})

    placed = {each["text"]: text[each["start"] : each["end"]] for each in verdict["evidence"] if each["end"]}
    assert placed == {"chest pain": "chest  pain", "sweating": "sweating"}
    reading = next(each for each in verdict["evidence"] if each["text"] == "heart rate 120")
    assert reading == {"text": "heart rate 120", "start": None, "end": None, "weight": 0.67}


def test_numbers_of_the_text_count_like_fields_and_have_a_place() -> None:
    text = "my 3 week old, temp 38.6C"
    verdict = triage(text=text)

    places = {each["text"]: text[each["start"] : each["end"]] for each in verdict["evidence"] if each["end"]}
    assert places["age 21 days"] == "3 week old"
    assert places["temperature 38.6"] == "temp 38.6C"
    assert verdict["urgency"]["level"] == 2


def test_a_field_wins_over_the_text_and_the_contradiction_is_a_warning() -> None:
    verdict = triage(text="feels unwell, BP 70 over 40", vitals={"systolic": 124})

    assert verdict["urgency"]["level"] == 4
    assert verdict["warnings"] == ["text.systolic: not the same as in the record's field, which counts"]


def test_an_alert_names_the_rules() -> None:
    _, outputs = decide(symptoms_task(), {**RECORD, "text": "he swallowed bleach"}, symptom_scores())

    assert outputs[-1][2]["reasons"] == ["urgency<=2", "poisoning"]


def test_what_is_only_named_is_no_evidence() -> None:
    assert texts(triage(text="no chest pain, my mother had a stroke in 2010")) == []


def test_listed_symptoms_are_evidence_without_a_place() -> None:
    verdict, _ = decide(symptoms_task(), {"id": "s", "symptoms": ["headache", "皮疹"]}, symptom_scores())
    both = triage(text="a cough", symptoms=["headache"])

    assert [(each["text"], each["start"]) for each in verdict["evidence"]] == [("headache", None), ("皮疹", None)]
    assert [(each["text"], each["start"]) for each in both["evidence"]] == [("cough", 2), ("headache", None)]


def test_evidence_is_heaviest_first_and_bounded() -> None:
    names = ("cough", "fever", "headache", "rash", "itching", "dizzy", "sneezing", "vomiting", "diarrhea", "tired")
    verdict = triage(text="; ".join(f"{name} and {name}" for name in names) + "; chest pain, sweating")

    weights = [each["weight"] for each in verdict["evidence"]]
    assert weights == sorted(weights, reverse=True)
    assert len(weights) == MAX_EVIDENCE
    assert {"chest pain", "sweating"} <= set(texts(verdict))


def test_the_records_own_body_part_comes_first() -> None:
    assert triage(text="胸口有点闷", body_part="膝盖")["body_parts"] == ["joint", "chest"]
    assert triage(text="a cough", body_part="pancreas")["body_parts"] == ["pancreas"]


@pytest.mark.parametrize(
    ("fields", "lang"),
    [
        ({}, "en"),
        ({"text": "我头疼"}, "zh"),
        ({"text": "头が痛いのですが、どうしたらいいですか"}, "en"),
        ({"text": None, "symptoms": ["咳嗽"]}, "zh"),
    ],
)
def test_the_disclaimer_is_in_the_records_language(fields: dict[str, Any], lang: str) -> None:
    assert triage(**fields)["disclaimer"] == DISCLAIMERS[lang]


@pytest.mark.parametrize(("urgency", "severity"), [((1.0, 0, 0, 0, 0), "critical"), ((0, 1.0, 0, 0, 0), "high")])
def test_an_urgent_patient_raises_an_alert(urgency: tuple[float, ...], severity: str) -> None:
    verdict, outputs = decide(symptoms_task(), RECORD, symptom_scores(*urgency))

    kind, key, alert = outputs[-1]
    assert (kind, key) == ("alerts", b"s1")
    assert (alert["kind"], alert["severity"], alert["subject"]) == ("urgent_patient", severity, "s1")
    assert (alert["verdict_id"], alert["reasons"]) == (verdict["id"], ["urgency<=2"])


@pytest.mark.parametrize(
    ("fields", "flag"),
    [
        ({"vitals": {"temperature": 106.5}}, "temperature out of range"),
        ({"vitals": {"saturation": 0.82}}, "saturation low"),
        ({"vitals": "BP 9/6 kPa"}, "systolic low"),
        ({"vitals": {"heart_rate": "38 bpm"}}, "heart rate out of range"),
        ({"hr": "164", "sex": "?", "age": "adult"}, "heart rate out of range"),
        ({"context": {"consciousness": "昏迷"}}, "consciousness unresponsive"),
        ({"context": {"gcs": 9}}, "consciousness pain"),
        ({"text": "feverish", "age": "6周", "vitals": {"temp": "38.4℃"}}, "fever below three months"),
    ],
)
def test_a_red_flag_is_raised_whatever_words_it_comes_in(fields: dict[str, Any], flag: str) -> None:
    assert any(text.startswith(f"red flag: {flag}") for text in texts(triage(**fields)))


@pytest.mark.parametrize(
    "vitals", [{"temperature": 98.6}, {"saturation": 0.98}, {"systolic": 16, "diastolic": 10}, {"heart_rate": 720}]
)
def test_no_red_flag_is_raised_by_a_unit_or_a_slip_of_the_keyboard(vitals: dict[str, float]) -> None:
    verdict = triage(vitals=vitals, text="wants a form signed")
    assert texts(verdict) == []
    assert {warning.split(":")[0] for warning in verdict["warnings"]} == {f"vitals.{name}" for name in vitals}


def test_missing_scores_are_a_defect_not_a_calm_patient() -> None:
    with pytest.raises(ValueError, match="no scores"):
        decide(symptoms_task(), RECORD, Scores("m1", heads={"condition": np.zeros(28)}))


@settings(deadline=None)
@given(st.text(st.sampled_from("chest pain sweating no 胸痛没有冒汗,.\u200b😀自杀"), min_size=1, max_size=60))
def test_no_text_lowers_urgency(text: str) -> None:
    assert triage(symptom_scores(0, 1, 0, 0, 0), text=f"x{text}")["urgency"]["level"] <= 2


def test_a_complaint_that_could_not_be_read_is_for_a_person() -> None:
    """Nobody knows what it says, so it waits no longer than an urgent one."""
    verdict, outputs = decide(symptoms_task(), RECORD, None)

    assert (verdict["assessed"], verdict["conditions"]) == (False, [])
    assert verdict["urgency"] == {"level": 2, "probabilities": None}
    assert kinds(outputs) == ["triage", "alerts"]


def test_vital_signs_count_where_the_complaint_could_not_be_read() -> None:
    verdict, _ = decide(symptoms_task(), {**RECORD, "context": {"consciousness": "unresponsive"}}, None)
    assert verdict["urgency"]["level"] == 1
