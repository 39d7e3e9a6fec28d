"""Under-triage against over-triage, by cost and group."""

from __future__ import annotations

import numpy as np
import pytest

from streams.tasks.symptoms.curve import Graded, Point, Share, curve, groups_of

UNSURE = np.array([0.0, 0.3, 0.3, 0.4, 0.0])


def graded(level: int, protocol_level: int | None = None, lang: str = "en", known: bool = True) -> Graded:
    return Graded(level, UNSURE if known else None, protocol_level, {"language": lang})


def at(points: list[Point], cost: float, group: str = "all") -> Point:
    return next(one for one in points if (one.cost, one.group) == (cost, group))


def test_a_cost_moves_patients_from_missed_to_raised() -> None:
    points = list(curve([graded(2), graded(2), graded(5)], unassessed_level=2, costs=(1.0, 3.0)))
    assert [at(points, cost).missed.count for cost in (1.0, 3.0)] == [2, 0]
    assert [at(points, cost).raised.count for cost in (1.0, 3.0)] == [0, 1]
    assert (at(points, 1.0).missed.of, at(points, 1.0).raised.of, at(points, 1.0).near.of) == (2, 1, 3)
    assert (at(points, 1.0).near.count, at(points, 3.0).near.count) == (2, 2)


def test_a_rule_wins_whatever_the_cost_and_what_nobody_could_read_has_the_level_of_the_policy() -> None:
    points = list(curve([graded(1, protocol_level=1), graded(2, known=False)], unassessed_level=2, costs=(0.5,)))
    assert at(points, 0.5).missed.count == 0


def test_groups_are_figured_alone_and_all_come_first() -> None:
    points = list(curve([graded(2), graded(2, lang="zh", protocol_level=2)], unassessed_level=2, costs=(1.0,)))
    assert [one.group for one in points] == ["all", "en", "zh"]
    assert [at(points, 1.0, lang).missed.count for lang in ("en", "zh")] == [1, 0]


def test_intervals_hold_their_share_and_nothing_is_no_share() -> None:
    one = Share.counted(1, 20)
    assert one.low == pytest.approx(0.00888, abs=1e-4)  # Wilson's, by the formula in Brown, Cai and DasGupta 2001
    assert one.high == pytest.approx(0.23613, abs=1e-4)
    assert np.isnan(Share.counted(0, 0).value)
    point, _ = curve([graded(3)], unassessed_level=2, costs=(1.0,))
    assert point.as_dict()["missed"] == {"share": None, "low": 0.0, "high": 1.0, "of": 0}


def test_what_is_not_known_of_a_patient_is_in_no_group() -> None:
    assert groups_of("zh", None, None, is_pregnant=False) == {"language": "zh"}
    assert groups_of("en", 3, "female", is_pregnant=True) == {
        "language": "en", "age": "child", "sex": "female", "pregnancy": "pregnant",
    }  # fmt: skip
    assert [groups_of("en", age, None, is_pregnant=False)["age"] for age in (15.9, 16, 64, 65)] == [
        "child", "adult", "adult", "old",
    ]  # fmt: skip
