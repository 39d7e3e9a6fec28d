"""Bars that ordinary text can bear, and what they still find."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.artifact import OPERATING_POINTS, OperatingPoint
from models.labels import POST_LABELS
from models.training.bars import ALONE, LEVELS, Alarms, Posts, pooled, sink
from models.training.operating_points import OTHER_FROM, Rates, choose_points, flagged, rates_of

BEFORE = {label: {"en": 0.3, "zh": 0.4} for label in POST_LABELS}
TOXICITY, INSULT, HATE, SPAM = (POST_LABELS.index(label) for label in ("toxicity", "insult", "hate", "spam"))


def posts(*rows: tuple[str, str, dict[int, float], dict[int, float]], times: int = 1) -> Posts:
    """(group, language, {label: score}, {label: target}), each so many times."""
    rows = rows * times
    scores = np.array([[row[2].get(column, 0.01) for column in range(len(POST_LABELS))] for row in rows])
    targets = np.array([[row[3].get(column, np.nan) for column in range(len(POST_LABELS))] for row in rows])
    return Posts(scores, targets, np.array([row[1] for row in rows]), np.array([row[0] for row in rows]))


def joined(*parts: Posts) -> Posts:
    return Posts(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("scores", "targets", "langs", "groups"))
    )


def alarms(found: Posts, point: OperatingPoint) -> int:
    return int((flagged(found, point.thresholds) & (found.targets == 0)).any(axis=1).sum())


CLEAN = dict.fromkeys(range(len(POST_LABELS)), 0.0)
QUIET = posts(("en/table/news", "en", {}, CLEAN), times=1000)
SETS = posts(
    ("a", "en", {TOXICITY: 0.9}, {TOXICITY: 1}), ("a", "en", {TOXICITY: 0.7}, {TOXICITY: 1}),
    ("a", "en", {TOXICITY: 0.5}, {TOXICITY: 0}), times=20,
)  # fmt: skip


def chosen(sets: Posts, ordinary: Posts, per_thousand: float = 5.0) -> dict[str, OperatingPoint]:
    return choose_points(sets, ordinary, BEFORE, rates_of(per_thousand))


def test_where_ordinary_text_is_quiet_the_best_f1_stands() -> None:
    for point in chosen(SETS, QUIET).values():
        assert 0.5 < point.thresholds["toxicity"]["en"] <= 0.7


def test_sets_count_alike_and_not_by_their_rows() -> None:
    """Three small sets want a low bar, and a large one a high bar."""
    small = [
        posts((name, "en", {TOXICITY: 0.4}, {TOXICITY: 1}), (name, "en", {TOXICITY: 0.1}, {TOXICITY: 0}), times=20)
        for name in ("b", "c", "d")
    ]
    large = posts(
        ("e", "en", {TOXICITY: 0.9}, {TOXICITY: 1}), ("e", "en", {TOXICITY: 0.5}, {TOXICITY: 0}), times=500
    )  # fmt: skip
    assert chosen(joined(*small, large), QUIET)["balanced"].thresholds["toxicity"]["en"] <= 0.4


def test_no_large_domain_is_labelled_more_often_than_it_may_be() -> None:
    noisy = posts(
        *[("en/table/games", "en", {TOXICITY: 0.8}, CLEAN)] * 30, *[("en/table/games", "en", {}, CLEAN)] * 970
    )
    points = chosen(SETS, joined(QUIET, noisy))

    assert {name: alarms(noisy, point) for name, point in points.items()} == {
        "strict": 0, "balanced": 0, "lenient": 0,
    }  # fmt: skip
    assert 0.8 < points["balanced"].thresholds["toxicity"]["en"] <= 0.9  # which still finds half
    few = posts(*[("en/table/games", "en", {TOXICITY: 0.8}, CLEAN)] * 4, *[("en/table/games", "en", {}, CLEAN)] * 996)
    points = chosen(SETS, joined(QUIET, few))
    assert {name: alarms(few, point) for name, point in points.items()} == {"strict": 4, "balanced": 4, "lenient": 0}


def test_a_label_of_which_the_table_claims_nothing_is_no_alarm() -> None:
    unclaimed = posts(("en/table/games", "en", {TOXICITY: 0.8}, CLEAN | {TOXICITY: np.nan}), times=1000)
    assert chosen(SETS, joined(QUIET, unclaimed))["lenient"].thresholds["toxicity"]["en"] <= 0.7


def test_small_domains_are_held_together() -> None:
    """Two alarms in ten of a small domain are chance; in a table of small domains they count."""
    groups = np.array(["en/t/large"] * 700 + ["en/t/a"] * 10 + ["en/t/b"] * 20 + ["zh/t/a"] * 5)
    assert set(pooled(groups, ALONE / 700)) == {"en/t/large", "en/t/small domains", "zh/t/small domains"}

    small = [posts((f"en/t/{n}", "en", {TOXICITY: 0.8} if n < 20 else {}, CLEAN), times=10) for n in range(100)]
    assert alarms(joined(*small), chosen(SETS, joined(*small))["balanced"]) <= 5


def test_the_bar_rises_where_it_costs_the_least() -> None:
    """Either label alone would bring the domain below its rate; of hate little is lost by that, of insults all."""
    sets = joined(
        posts(("a", "en", {HATE: 0.99, INSULT: 0.6}, {HATE: 1, INSULT: 1}), times=20),
        posts(("a", "en", {HATE: 0.95, INSULT: 0.6}, {HATE: 1, INSULT: 1}), times=2),
        posts(("a", "en", {}, {HATE: 0, INSULT: 0}), times=20),
    )
    either = posts(
        *[("en/table/games", "en", {HATE: 0.96}, CLEAN)] * 4, *[("en/table/games", "en", {INSULT: 0.65}, CLEAN)] * 4,
        *[("en/table/games", "en", {}, CLEAN)] * 992,
    )  # fmt: skip
    point = chosen(sets, joined(QUIET, either))["balanced"]
    found = flagged(sets, point.thresholds)
    assert (found[:, INSULT].sum(), found[:, HATE].sum()) == (22, 20)
    assert alarms(either, point) == 4


def test_bars_that_rose_for_nothing_sink_to_the_best_f1() -> None:
    shape = (len(POST_LABELS), 3)
    curves = np.full((*shape, len(LEVELS)), np.nan)
    curves[TOXICITY, 0] = np.linspace(1, 0, len(LEVELS))
    high, low = np.full(shape, len(LEVELS) - 1), np.full(shape, 5)

    sunk = sink(high, low, curves, Alarms.of(QUIET, 0.005))
    assert sunk[TOXICITY, 0] == 5
    busy = posts(("en/table/games", "en", {TOXICITY: 0.5}, CLEAN), times=1000)
    assert LEVELS[sink(high, low, curves, Alarms.of(busy, 0.005))[TOXICITY, 0]] == pytest.approx(0.52, abs=0.03)


def test_a_bar_that_is_none_is_never_reached() -> None:
    bars = {label: {"en": 0.5, "other": None} for label in POST_LABELS}
    some = posts(("a", "en", {TOXICITY: 0.9}, {}), ("a", "other", {TOXICITY: 1.0}, {}), ("a", "zh", {SPAM: 1.0}, {}))
    assert flagged(some, bars).any(axis=1).tolist() == [True, False, False]


def test_points_are_ordered_and_nothing_is_done_about_other_languages() -> None:
    graded = [
        posts(("en/table/games", "en", {TOXICITY: score, SPAM: 1 - score / 2}, CLEAN), times=6)
        for score in np.linspace(0.3, 0.99, 40)
    ]
    points = chosen(SETS, joined(QUIET, *graded))

    for label in POST_LABELS:
        for lang in ("en", "zh", "other"):
            bars = [points[name].thresholds[label][lang] for name in OPERATING_POINTS]
            assert bars == sorted(bars)
            acting = [points[name].acts_from[label][lang] for name in OPERATING_POINTS]
            if lang == "other":
                assert acting == [None] * 3
            else:
                assert acting == sorted(acting)  # type: ignore[type-var]
                assert all(acts >= bar for acts, bar in zip(acting, bars, strict=True))  # type: ignore[operator]
        assert points["strict"].thresholds[label]["other"] >= OTHER_FROM


def test_fewer_posts_are_acted_on_than_labelled() -> None:
    some = posts(
        *[("en/table/games", "en", {TOXICITY: 0.8}, CLEAN)] * 20, *[("en/table/games", "en", {}, CLEAN)] * 4980
    )
    point = chosen(SETS, some)["balanced"]

    assert point.thresholds["toxicity"]["en"] <= 0.7
    assert (point.acts_from["toxicity"]["en"] or 0.0) > 0.8


def test_a_label_that_no_set_knows_starts_where_it_was() -> None:
    thresholds = chosen(SETS, QUIET)["balanced"].thresholds
    assert thresholds["spam"]["zh"] == pytest.approx(0.4, abs=0.02)
    assert thresholds["toxicity"]["zh"] == pytest.approx(0.4, abs=0.02)


def test_other_languages_are_held_too() -> None:
    foreign = posts(("other/table/news", "other", {TOXICITY: 0.95}, CLEAN), times=1000)
    assert alarms(foreign, chosen(SETS, foreign)["strict"]) == 0


def test_a_score_of_1_is_above_every_bar() -> None:
    """And the search ends."""
    certain = posts(("en/table/games", "en", {TOXICITY: 1.0}, CLEAN), times=1000)
    assert alarms(certain, chosen(SETS, certain)["lenient"]) == 1000


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1.0, 5.0, 50.0]))
def test_no_group_ever_has_more_alarms_than_it_may(seed: int, per_thousand: float) -> None:
    chance = np.random.default_rng(seed)

    def some(names: list[str], rows: int, values: list[float]) -> Posts:
        groups = chance.choice(names, rows)
        targets = chance.choice(values, (rows, len(POST_LABELS)))
        scores = np.round(chance.beta(0.4, 2, (rows, len(POST_LABELS))), 4) * 0.999
        return Posts(scores, targets, chance.choice(["en", "zh", "other"], rows), groups)

    sets = some(["a", "b"], 300, [0.0, 1.0, np.nan])
    ordinary = some(["en/t/x", "en/t/y", "zh/t/x"], 900, [0.0, np.nan])
    rates = rates_of(per_thousand)
    for name, point in choose_points(sets, ordinary, BEFORE, rates).items():
        wrong = (flagged(ordinary, point.thresholds) & (ordinary.targets == 0)).any(axis=1)
        groups = pooled(ordinary.groups, rates[name].labelled)
        for group in np.unique(groups):
            assert wrong[groups == group].sum() <= rates[name].labelled * (groups == group).sum() + 1e-9
        assert all(bar in LEVELS for own in point.thresholds.values() for bar in own.values())


def test_rates_are_named_by_the_balanced_one() -> None:
    assert rates_of(10)["balanced"] == Rates(0.01, 0.002)
    assert rates_of()["strict"].labelled == pytest.approx(0.02)
    assert rates_of()["lenient"].acted == pytest.approx(0.0002)
