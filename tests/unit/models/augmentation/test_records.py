"""Made-up symptom records: repeatable, varied, in both languages, and never less urgent for a red flag."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

pytest.importorskip("sklearn")

from models.augmentation import acuity
from models.augmentation.knowledge import Knowledge
from models.augmentation.profiles import PAIN, SKIN, SWELLING, Clinic
from models.augmentation.prose import Case, Prose
from models.augmentation.records import Records, generate_records
from models.examples import UNKNOWN, Example
from models.labels import CONDITIONS
from models.text import detect_language
from tests.unit.models.augmentation.test_knowledge import write_graph

ROWS = 1500
SEVERITIES = ("mild", "moderate", "severe")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Knowledge:
    return Knowledge.load(write_graph(tmp_path_factory.mktemp("graph") / "data"))


@pytest.fixture(scope="module")
def clinic() -> Clinic:
    return Clinic.load()


@pytest.fixture(scope="module")
def rows(graph: Knowledge, clinic: Clinic) -> list[Example]:
    return generate_records(graph, ROWS, 7, clinic=clinic)


def complaint(example: Example) -> str:
    return example.text.partition("complaint: ")[2]


def test_same_seed_same_rows(graph: Knowledge, clinic: Clinic, rows: list[Example]) -> None:
    again = generate_records(graph, 200, 7, clinic=clinic)
    assert [(one.text, one.condition, one.urgency) for one in again] == [
        (one.text, one.condition, one.urgency) for one in rows[:200]
    ]
    assert [one.text for one in generate_records(graph, 200, 8, clinic=clinic)] != [one.text for one in again]


def test_exact_number_mostly_unique(rows: list[Example]) -> None:
    assert len(rows) == ROWS
    assert len({one.text for one in rows}) > 0.98 * ROWS


def test_tables_cover_every_condition_and_name_only_what_they_define(clinic: Clinic) -> None:
    assert set(clinic.profiles) == set(CONDITIONS)
    known = set(clinic.symptoms)
    for profile in clinic.profiles.values():
        assert {*profile.symptoms, *profile.skin} <= known, profile.condition
        assert {*profile.pain, *profile.radiates, *profile.swelling} <= set(clinic.parts), profile.condition
        assert set(profile.character) <= set(clinic.frames["characters"]), profile.condition
        assert all(0.0 < chance <= 1.0 for chance in profile.symptoms.values()), profile.condition
        assert 1 <= profile.best <= profile.level <= profile.worst <= 5, profile.condition
        assert profile.onset in clinic.frames["en"]["time"]
    for key, one in clinic.symptoms.items():
        assert key in (PAIN, SKIN, SWELLING) or (one.short and one.clauses and one.zh), key
        assert 1 <= one.level <= 5
    assert set(clinic.frames["negations"]) <= known


def test_every_class_occurs_whose_symptoms_are_known(rows: list[Example], clinic: Clinic, graph: Knowledge) -> None:
    classes = Counter(one.condition for one in rows)
    for name in clinic.profiles:
        telling = [chance for chance in clinic.features(name, graph).values() if chance > 0.5]
        assert classes[CONDITIONS.index(name)] or len(telling) < 2, name
    assert {one.urgency for one in rows} == {0, 1, 2, 3, 4}
    assert all((one.task == "urgency") == (one.condition == UNKNOWN) for one in rows)


def test_each_language_keeps_to_its_script(rows: list[Example]) -> None:
    for one in rows:
        assert detect_language(complaint(one)) == one.lang, one.text
    assert 0.4 < sum(one.lang == "zh" for one in rows) / ROWS < 0.6


def test_nothing_of_the_machinery_is_left_in_a_text(rows: list[Example]) -> None:
    for one in rows:
        assert not re.search(r"[{}|*_]|  ", complaint(one)), one.text
        assert not re.search(
            r"\b[Mm]y (?:son|daughter|baby) (?:have|am|feel)\b|\b(?:[Hh]e|[Ss]he) (?:have|am)\b", one.text
        )


def test_about_half_have_vital_signs_and_some_only_one(rows: list[Example]) -> None:
    names = ("heart rate", "respiratory", "systolic", "diastolic", "temperature", "saturation", "consciousness")
    counts = [sum(f"{name} " in one.text.partition("complaint: ")[0] for name in names) for one in rows]
    assert 0.4 < sum(count > 0 for count in counts) / ROWS < 0.6
    assert {1, 2, 7} <= set(counts)


def test_levels_of_texts_that_anyone_can_judge(graph: Knowledge, clinic: Clinic) -> None:
    rows = generate_records(graph, 6000, 3, clinic=clinic)
    bare = [one for one in rows if one.text.startswith("complaint: ")]
    wanted = {
        "not breathing|没有呼吸了|不喘气了": {0}, "vomiting blood|bright red blood, feels|大口吐血": {0, 1},
        "stitches out|suture removal|拆线": {4}, "sick note|medical certificate|病假条": {4},
        "just sniffles|nose a bit blocked|就流点清鼻涕": {4}, "crushing chest pain|压榨样疼": {0, 1},
    }  # fmt: skip
    for words, levels in wanted.items():
        found = {one.urgency for one in bare if re.search(words, one.text) and one.condition == UNKNOWN}
        assert found, words
        assert found <= levels, words


@pytest.mark.parametrize("severity", SEVERITIES)
def test_red_flags_never_make_a_case_less_urgent(severity: str) -> None:
    for level in range(1, 6):
        for flag in range(1, 6):
            assert acuity.red_flags(level, [flag], severity) <= level
            assert acuity.red_flags(level, [4, flag], severity) <= acuity.red_flags(level, [4], severity)
            assert acuity.symptom_level([level, flag], severity) <= acuity.symptom_level([level], severity)
    assert acuity.red_flags(5, [2], severity) == 2


def test_severity_and_age_only_raise_urgency() -> None:
    levels = [acuity.condition_level(3, 2, 4, severity) for severity in SEVERITIES]
    assert levels == [4, 3, 2]
    assert acuity.age_level(4, 0.1, fever=True, weak=False) == 2
    assert acuity.age_level(4, 82.0, fever=True, weak=False) == 3
    assert acuity.age_level(4, 30.0, fever=True, weak=True) == 4
    assert acuity.age_level(4, None, fever=True, weak=True) == 4


@pytest.mark.parametrize("age", [0.5, 3.0, 9.0, 40.0])
def test_vital_signs_show_the_danger_that_they_are_drawn_for(age: float) -> None:
    chance = random.Random(5)
    for _ in range(200):
        calm, none = acuity.draw_vitals(5, age, 38.4, chance)
        assert not none
        assert float(calm["saturation"]) >= 95
        assert calm["temperature"] == 38.4
        grave, shown = acuity.draw_vitals(1, age, None, chance)
        assert shown
        assert any(grave[name] != calm[name] for name in shown)
        assert float(grave["systolic"]) > float(grave["diastolic"])
        awake, _ = acuity.draw_vitals(1, age, None, chance, awake=True)
        assert awake["consciousness"] == "alert"


def test_vague_words_carry_no_condition(graph: Knowledge, clinic: Clinic) -> None:
    records = Records(graph, clinic, random.Random(1), ("en",))
    assert records.posterior("acne", ["pimples", "blackheads"]) > 0.9
    assert records.posterior("acne", ["itching"]) < 0.2


def a_case(clinic: Clinic, lang: str, age: float) -> Case:
    mentions = ["fever", "pain:belly", "vomiting"]
    return Case(clinic.profiles["typhoid"], lang, mentions, [], "moderate", 5, age, "male", 38.6, "", tell_age=False)


def test_a_parent_speaks_of_a_child_in_the_third_person(clinic: Clinic) -> None:
    prose = Prose(clinic, random.Random(4), "en")
    for _ in range(100):
        story = prose.write(a_case(clinic, "en", 6.0), "story")
        body = next((story[len(head) :] for head in clinic.frames["en"]["opener"] if story.startswith(head)), story)
        assert not re.search(r"\bI (?!')|\bdaughter|\bgirl", body), story
        assert "38.6" not in story or "temperature" in story or "fever" in story


def test_many_ways_to_say_the_same(clinic: Clinic) -> None:
    for lang in ("en", "zh"):
        prose = Prose(clinic, random.Random(9), lang)
        for style in ("story", "hasty", "note", "list", "chief"):
            texts = {prose.write(a_case(clinic, lang, 30.0), style) for _ in range(100)}
            assert len(texts) > 80, (lang, style)


def test_nobody_denies_what_they_report(graph: Knowledge, clinic: Clinic) -> None:
    records = Records(graph, clinic, random.Random(3), ("zh",))
    for profile in (clinic.profiles[name] for name in ("whooping_cough", "hand_foot_and_mouth_disease", "influenza")):
        for _ in range(100):
            case = records._draw_case(profile, "zh", "story")
            assert "cough" not in case.negated or not any("cough" in one for one in case.mentions)
            assert "red_rash" not in case.negated or "hfmd_spots" not in case.mentions
            assert not set(case.negated) & set(case.mentions)
