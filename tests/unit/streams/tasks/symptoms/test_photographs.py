"""Findings in photographs: evidence beside the text's, which raises the urgency and never lowers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.labels import PHOTO_FINDINGS
from models.pictures.errors import NotLooked
from models.pictures.hashing import Fingerprint
from models.pictures.look import Classes, Look
from streams.pictures.seen import Seen
from streams.policy import Policy
from streams.policy.bars import PhotoRule
from streams.tasks.symptoms.photographs import in_photographs, raised_to
from streams.tasks.symptoms.task import SymptomsTask
from tests.unit.streams.tasks.building import decide, parts, symptom_scores

RECORD = {"id": "s1", "text": "it looks like this", "patient": "pat"}


def photograph(number: int = 0, faults: tuple[str, ...] = (), **said: float) -> Seen:
    look = Look(
        "image/jpeg", 640, 480, 1, 1, (Fingerprint(("0" * 64,) * 8, 100),), faults, (), False,
        (Classes("wounds", "1-0a", said),) if said else (),
    )  # fmt: skip
    return Seen(number, "0" * 64, look)


def triage(seen: Sequence[Seen], urgency: int = 5, **rules: PhotoRule) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The verdict and the alerts, where the model is sure of an urgency."""
    policy = Policy.load()
    symptoms = policy.symptoms.model_copy(update={"photographs": rules})
    task = SymptomsTask.build(replace(parts(), policy=policy.model_copy(update={"symptoms": symptoms})))
    scores = symptom_scores(*(float(level == urgency) for level in range(1, 6)))
    verdict, outputs = decide(task, RECORD, scores, seen=seen)
    return verdict, [body for kind, _, body in outputs if kind == "alerts"]


def texts(verdict: dict[str, Any]) -> list[str]:
    return [each["text"] for each in verdict["evidence"]]


def test_a_finding_is_evidence_and_changes_no_level_by_itself() -> None:
    verdict, alerts = triage([photograph(wound=0.93, none=0.07)], wound=PhotoRule())
    assert texts(verdict) == ["images.0: wound"]
    assert raised_to(verdict["evidence"]) is None
    assert (verdict["urgency"]["level"], alerts) == (5, [])
    assert {one["label"] for one in verdict["pictures"][0]["classes"]} == {"wound", "none"}


def test_a_rule_raises_the_urgency_and_says_so() -> None:
    verdict, alerts = triage([photograph(), photograph(1, ulcer_like=0.9)], ulcer_like=PhotoRule(level=2))
    assert texts(verdict) == ["images.1: ulcer-like (urgency 5 raised to 2)"]
    assert verdict["evidence"][0]["weight"] == 1.0
    assert raised_to(verdict["evidence"]) == 2
    assert verdict["urgency"]["level"] == 2
    assert [alert["reasons"] for alert in alerts] == [["urgency<=2", "photograph:ulcer_like"]]


@given(urgency=st.integers(1, 5), level=st.integers(1, 5), probability=st.floats(0, 1))
def test_nothing_in_a_photograph_ever_lowers_the_urgency(urgency: int, level: int, probability: float) -> None:
    verdict, _ = triage([photograph(lesion=probability)], urgency, lesion=PhotoRule(stands=0.5, level=level))
    assert verdict["urgency"]["level"] == (min(urgency, level) if probability >= 0.5 else urgency)


def test_a_photograph_that_cannot_be_judged_or_read_says_nothing() -> None:
    seen = [photograph(faults=("blurred",), wound=0.99), Seen(1, refused=NotLooked.DAMAGED)]
    verdict, _ = triage(seen, wound=PhotoRule(level=1))
    assert (verdict["urgency"]["level"], texts(verdict)) == (5, [])
    assert "images.0: blurred; take another picture" in verdict["warnings"]


def test_what_is_too_unsure_or_not_named_says_nothing() -> None:
    verdict, _ = triage([photograph(wound=0.79, rash_like=0.99)], wound=PhotoRule(level=1))
    assert (verdict["urgency"]["level"], texts(verdict)) == (5, [])


def test_of_two_classifiers_the_surer_one_counts() -> None:
    one = photograph(wound=0.9)
    assert one.look is not None
    both = (*one.look.classes, Classes("other", "1-0b", {"wound": 0.95}))
    (found,) = in_photographs([replace(one, look=replace(one.look, classes=both))], {"wound": PhotoRule()})
    assert found.probability == 0.95


def test_the_policy_that_ships_names_every_finding_and_gives_none_a_level() -> None:
    rules = Policy.load().symptoms.photographs
    assert set(rules) == set(PHOTO_FINDINGS)
    assert {rule.level for rule in rules.values()} == {None}


def test_text_counts_beside_photographs() -> None:
    given = {**RECORD, "text": "she is gasping and cannot breathe"}
    scores = symptom_scores(0, 0, 0, 0, 1.0)
    verdict, _ = decide(SymptomsTask.build(parts()), given, scores, seen=[photograph(wound=0.9)])
    assert verdict["urgency"]["level"] <= 2
    assert "images.0: wound" in texts(verdict)
    assert verdict["evidence"][0]["text"].startswith("red flag")
