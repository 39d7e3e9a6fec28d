"""The protocol: every rule fires on its examples and on no look-alike, and a wrong file is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.complaint import JoinedFinder, PhraseFinder
from streams.tasks.symptoms import PROTOCOL
from streams.tasks.symptoms.assessment import Assessment, Assessor
from streams.tasks.symptoms.check import assessed, failing_examples
from streams.tasks.symptoms.clauses import Clause, Facts, Limit, terms_of
from streams.tasks.symptoms.protocol import Protocol, ProtocolError
from tests.support.alike import alike

ASSESSOR = Assessor.load()
RULES = ASSESSOR.protocol.rules
DUMPED = ASSESSOR.protocol.model_dump()
Example = str | dict[str, Any]


def assess(example: Example, assessor: Assessor = ASSESSOR) -> Assessment:
    return assessed(assessor, example)


def names(assessment: Assessment) -> list[str]:
    return [one.name for one in assessment.fired]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_fires_on_its_examples_and_spares_look_alikes(rule: str) -> None:
    assert failing_examples(ASSESSOR, rule) == []


FIRES = '["he is on the floor and not breathing", "老人倒在地上，没有呼吸了"]'
SPARES = '["breathing fine, no cough", "没有呼吸困难，鼻塞三天"]'
CONDITIONS = [(name, one) for name, rule in RULES.items() if len(rule.when) > 1 for one in rule.when]
EXCEPTIONS = [(name, exception) for name, rule in RULES.items() for exception in rule.unless]


@pytest.mark.parametrize(("rule", "condition"), CONDITIONS)
def test_every_condition_has_a_look_alike_that_lacks_it_alone(rule: str, condition: str) -> None:
    kept = tuple(one for one in RULES[rule].when if one != condition)
    assert any(rule in names(assess(one, only(rule, when=kept))) for one in RULES[rule].spares)


@pytest.mark.parametrize(("rule", "exception"), EXCEPTIONS)
def test_every_exception_has_a_look_alike_that_it_alone_spares(rule: str, exception: str) -> None:
    kept = tuple(one for one in RULES[rule].unless if one != exception)
    assert any(rule in names(assess(one, only(rule, unless=kept))) for one in RULES[rule].spares)


def only(rule: str, **changes: tuple[str, ...]) -> Assessor:
    """With this rule alone, changed."""
    rules = {rule: RULES[rule].model_copy(update=changes)}
    return Assessor(ASSESSOR.finder, Protocol.model_validate(DUMPED | {"rules": rules}))


@pytest.mark.parametrize("kind", ["fires", "spares"])
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_examples_and_look_alikes_in_both_languages(rule: str, kind: str) -> None:
    texts = [one if isinstance(one, str) else one["text"] for one in getattr(RULES[rule], kind)]
    assert {text.isascii() for text in texts} == {True, False}


def test_the_most_urgent_rule_comes_first() -> None:
    fired = assess("she is unresponsive, chest pain and sweating before").fired

    assert [one.rule.level for one in fired] == sorted(one.rule.level for one in fired)
    assert fired[0].name == "unresponsive"


def test_a_rule_rests_on_all_that_makes_it_hold() -> None:
    (fired,) = [
        one for one in assess("my 3 week old has a fever of 38.6 C").fired if one.name.startswith("fever_below")
    ]

    assert fired.terms == {"fever", "temperature >= 38", "age < 0.25"}
    assert fired.behind == {"fever", "temperature", "age"}


@pytest.mark.parametrize(
    ("age", "unusual"),
    [
        (0.5, ["heart_rate low"]),
        (3, []),
        (8, []),
        (40, []),
        (None, []),
    ],
)
def test_what_is_usual_depends_on_the_age(age: float | None, unusual: list[str]) -> None:
    measures = {"heart_rate": 85.0} | ({} if age is None else {"age": age})

    assert ASSESSOR.protocol.for_age(measures) == unusual


@pytest.mark.parametrize(
    ("measures", "consciousness", "points"),
    [
        ({"heart_rate": 131.0, "systolic": 91.0}, None, {"heart_rate": 3, "systolic": 2}),
        ({"heart_rate": 131.0, "saturation": 93.0, "age": 5.0}, None, {"saturation": 2}),
        ({}, "verbal", {"consciousness": 3}),
        ({"heart_rate": 80.0}, "alert", {}),
    ],
)
def test_early_warning_points(measures: dict[str, float], consciousness: str | None, points: dict[str, int]) -> None:
    assert ASSESSOR.protocol.points(measures, consciousness) == points


def test_a_temperature_in_a_field_is_a_fever() -> None:
    assert "drooling_with_sore_throat" in names(assess({"text": "drooling", "vitals": {"temperature": 39.5}}))


def test_what_no_phrase_says_makes_no_exception() -> None:
    measured, findings = {"age": 50.0}, {"chest_pain", "sudden_onset", "cough"}
    spared = ASSESSOR.protocol.fired(Facts(findings, measured))
    unsure = ASSESSOR.protocol.fired(Facts(findings, measured, unsure={"cough"}))

    assert "chest_pain_of_the_heart" not in [one.name for one in spared]
    assert "chest_pain_of_the_heart" in [one.name for one in unsure]


def test_what_passages_are_like_raises_and_spares_nobody() -> None:
    """No phrase says a check-up here."""
    finder = JoinedFinder(PhraseFinder.load(), alike("clinic letter", "check_up"))
    found = assess("asthma, short of breath, clinic letter", Assessor(finder, ASSESSOR.protocol))

    assert "check_up" in found.facts.findings
    assert "asthma_attack" in names(found)


def test_a_temperature_in_a_field_counts_before_one_in_the_text() -> None:
    told = {"text": "drooling, temp 39.5", "vitals": {"temperature": 36.8}}

    assert "drooling_with_sore_throat" not in names(assess(told))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("eyes puffy from crying, hoarse voice", "swelling_near_the_airway"),
        ("toddler teething, drooling, cheeks swollen", "swelling_near_the_airway"),
        ("宝宝出牙流口水，牙龈肿，脸有点肿", "swelling_near_the_airway"),
        ("cold with fever, hard to breathe through my nose", "breathlessness_with_fever"),
        ("感冒发烧，鼻塞，呼吸不畅", "breathlessness_with_fever"),
        ("had a baby two months ago, muddled and tired, forget things", "mind_after_birth"),
        ("产后三个月，记性差，总迷糊", "mind_after_birth"),
        ("spotting and a bit dizzy", "vaginal_bleeding_with_signs"),
        ("chest pain when I cough, dizzy from the cold", "chest_pain_with_danger_signs"),
    ],
)
def test_an_ordinary_complaint_is_not_raised(text: str, rule: str) -> None:
    assert rule not in names(assess(text))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("发烧39度，喘得厉害，来复查", "breathlessness_with_fever"),
        ("30 weeks pregnant and spotting", "bleeding_in_pregnancy"),
        ("吃虾后舌头肿，喘不上气", "anaphylaxis"),
    ],
)
def test_and_a_real_sign_is(text: str, rule: str) -> None:
    assert rule in names(assess(text))


def test_a_field_counts_before_the_text_and_a_contradiction_is_named() -> None:
    told = assess({"text": "BP 70 over 40, HR 82", "vitals": {"systolic": 121, "heart_rate": 80}})

    assert {name: told.facts.measures[name] for name in ("systolic", "diastolic", "heart_rate")} == {
        "systolic": 121,
        "diastolic": 40,
        "heart_rate": 80,
    }
    assert told.warnings == ["text.systolic: not the same as in the record's field, which counts"]


@pytest.mark.parametrize(
    ("said", "terms"),
    [
        ("fever | cough", {"fever"}),
        ("cough & fever | rash", set()),
        ("fever & age < 2 | rash", {"fever", "age < 2"}),
        ("heart_rate high", {"heart_rate high"}),
        ("consciousness = pain", {"consciousness = pain"}),
        ("injury = yes", set()),
        ("temperature >= 38", set()),
    ],
)
def test_what_makes_a_clause_hold(said: str, terms: set[str]) -> None:
    clause = Clause.parse(said, {"fever", "cough", "rash"})
    facts = Facts({"fever"}, {"age": 1.0}, ["heart_rate high"], {"consciousness": "pain"})
    limits = [limit for limit in map(Limit.parse, clause.terms) if limit is not None]

    assert clause.holding(terms_of(facts, limits).holding) == terms


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"not_breathing"]\nfires', '"not_breething"]\nfires', "not_breething"),
        ('source = "iitt"', 'source = "hearsay"', "hearsay"),
        ("level = 1\n", "level = 0\n", "level"),
        ("temperature >= 38 ", "temprature >= 38 ", "temprature"),
        ("edges = [92, 94, 96]", "edges = [94, 92, 96]", "rising edges"),
        ("[rules.unresponsive]", "[rules.unresponsive]\nlevels = 2", "levels"),
        (f"fires = {FIRES}", "fires = []", "not_breathing.fires"),
        (f"spares = {SPARES}", "spares = []", "not_breathing.spares"),
        (f"spares = {SPARES}", "", "not_breathing.spares"),
    ],
)
def test_a_wrong_protocol_is_refused_by_the_key(tmp_path: Path, old: str, new: str, fault: str) -> None:
    path = tmp_path / "protocol.toml"
    text = PROTOCOL.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")

    with pytest.raises(ProtocolError, match=fault):
        Protocol.load(path)


def test_a_protocol_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="cannot be read"):
        Protocol.load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "age", "is_newborn"),
    [
        ("7 months old, fever and a runny nose", 0, False),
        ("3 weeks old, fever", 0, True),
        ("fever", 0, True),
        ("7 months old, fever", 0.1, True),
        ("my 4 year old brother had it first, now he has a fever", 0, True),
    ],
)
def test_an_age_of_no_years_yields_to_the_weeks_or_months_of_the_text(text: str, age: float, is_newborn: bool) -> None:
    assert ("fever_below_three_months" in names(assess({"text": text, "age": age}))) is is_newborn
