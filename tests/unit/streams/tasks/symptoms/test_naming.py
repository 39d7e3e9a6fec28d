"""Conditions: the right one first, and none above one half where there is none to name."""

from __future__ import annotations

import pytest

from models.labels import NO_CONDITION
from streams.tasks.symptoms.naming import Named, namings


def named(truth: str, first: str | None, probability: float, lang: str = "en") -> Named:
    return Named(truth, first, probability, {"language": lang})


def test_known_conditions_and_others_are_counted_apart() -> None:
    records = [
        named("migraine", "migraine", 0.4),
        named("migraine", "pneumonia", 0.9),
        named(NO_CONDITION, "migraine", 0.51, "zh"),
        named(NO_CONDITION, "migraine", 0.5, "zh"),
        named(NO_CONDITION, None, 0.0),
    ]
    every, en, zh = namings(records)
    assert [one.group for one in (every, en, zh)] == ["all", "en", "zh"]
    assert (every.right.count, every.right.of) == (1, 2)
    assert (every.unfounded.count, every.unfounded.of) == (1, 3), "one half is not more than one half"
    assert (zh.unfounded.count, zh.unfounded.of) == (1, 2)
    assert zh.as_dict()["right"] == {"share": None, "low": 0.0, "high": 1.0, "of": 0}


@pytest.mark.parametrize("first", ["migraine", None])
def test_a_small_share_has_a_wide_interval(first: str | None) -> None:
    every, _ = namings([named("migraine", first, 0.9)])
    assert every.right.high - every.right.low > 0.5


def test_nothing_is_said_of_no_records() -> None:
    assert list(namings([])) == []
