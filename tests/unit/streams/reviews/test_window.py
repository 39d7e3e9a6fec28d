"""A window that slides: at every moment it says what a report of the same time says."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from schemas import Review
from streams.reviews import window as module
from streams.reviews.report import ReviewReport
from streams.reviews.window import SLICES, Window

LENGTH = 100 * SLICES
Said = tuple[int, Any]
"""A time, and a review or a verdict as JSON holds it; None: what cannot be read."""

_names = st.sampled_from("abcdefgh")
_actions = st.sampled_from(["allow", "limit", "review", "remove"])
_labels = st.lists(st.sampled_from(["hate", "spam", "house_rule"]), unique=True)
_times = st.integers(0, 3 * LENGTH)
_verdicts = st.fixed_dictionaries(
    {
        "id": _names,
        "action": _actions,
        "labels": _labels,
        "lang": st.sampled_from(["en", "zh", "xx", None]),
        "sampled": st.booleans(),
    }
)
_reviews = st.fixed_dictionaries(
    {"verdict_id": _names, "post_id": st.just("p"), "action": _actions},
    optional={
        "id": st.sampled_from(["r1", "r2", "r3"]),
        "decision": st.sampled_from(["upheld", "overturned", "unsure"]),
        "reviewer": st.sampled_from(["x", "y", "z"]),
        "labels": _labels,
        "source": st.sampled_from(["appeal", "console"]),
        "sampled": st.booleans(),
        "supersedes": st.sampled_from(["r4", "r5"]),
        "note": st.just("not for a report"),
    },
)


def filled(window: Window, reviews: list[Said], verdicts: list[Said]) -> Window:
    for at, fields in reviews:
        window.add_review(at, None if fields is None else Review.model_validate(fields))
    for at, fields in verdicts:
        window.add_verdict(at, fields or {})
    return window


def report_of(reviews: list[Said], verdicts: list[Said], since: int) -> dict[str, Any]:
    """What reading both topics from a moment on gives."""
    found = ReviewReport()
    for at, fields in reviews:
        if at >= since and fields is None:
            found.unreadable += 1
        elif at >= since:
            found.add_review(Review.model_validate(fields))
    for at, fields in verdicts:
        if at >= since:
            found.add_verdict(fields or {})
    return found.report()


def verdict(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"v{number}", "action": "limit", "labels": [], "lang": "en"} | fields


def review(number: int) -> dict[str, Any]:
    return {"id": f"r{number}", "verdict_id": f"v{number}", "post_id": "p", "action": "limit"}


@given(
    st.lists(st.tuples(_times, st.none() | _reviews), max_size=40),
    st.lists(st.tuples(_times, st.none() | _verdicts), max_size=60),
    st.integers(LENGTH, 3 * LENGTH),
)
@example(
    [(100, None), (0, {"verdict_id": "b", "post_id": "p", "action": "allow"})],
    [
        (at, {"id": "b", "action": "allow", "labels": [], "lang": lang, "sampled": False})
        for at, lang in ((100, "en"), (0, "zh"))
    ],
    LENGTH,
)
def test_it_says_what_a_report_from_its_beginning_on_says(reviews: list[Said], verdicts: list[Said], now: int) -> None:
    came = [[one for one in said if one[0] <= now] for said in (reviews, verdicts)]
    before = [[one for one in said if one[0] <= LENGTH] for said in came]
    after = [[one for one in said if one[0] > LENGTH] for said in came]
    window = filled(Window(LENGTH, LENGTH), *before)
    window.move(now)
    filled(window, *after)
    reviews, verdicts = [[*old, *new] for old, new in zip(before, after, strict=True)]
    verdicts.sort(key=lambda one: one[0] // 100)

    assert now - LENGTH - 100 < window.since <= now - LENGTH
    assert window.is_whole
    assert window.report().report() == report_of(reviews, verdicts, window.since)


def test_what_has_left_it_does_not_come_back() -> None:
    window = Window(LENGTH, 3 * LENGTH)
    filled(window, [(LENGTH, review(1)), (LENGTH, None)], [(LENGTH, verdict(1)), (LENGTH, None)])
    figures = window.report().figures()
    assert (figures["reviews"], figures["verdicts"], figures["unreadable"]) == (0, 0, 0)


def test_more_verdicts_than_it_holds_make_it_shorter_and_it_says_so() -> None:
    reviews = [(LENGTH, review(number)) for number in range(50)]
    verdicts = [(100 * number, verdict(number)) for number in range(50)]
    window = filled(Window(LENGTH, LENGTH, most_verdicts=10), reviews, verdicts)

    assert window.since == 4000
    assert not window.is_whole
    assert window.report().report() == report_of(reviews, verdicts, 4000)
    assert window.report().figures()["verdicts"] == 10
    window.move(LENGTH + 4000)
    assert window.is_whole


def test_a_long_one_that_is_overfilled_within_hours_keeps_the_last_minutes() -> None:
    """A slice of a month was three hours long, and one that had no room left nothing, and a beginning in the future."""
    month, minute = 30 * 24 * 3_600_000, 60_000
    verdicts = [(month - minute * number, verdict(number)) for number in reversed(range(20))]
    window = filled(Window(month, month, most_verdicts=10), [], verdicts)

    assert month - 11 * minute <= window.since <= month
    assert window.report().figures()["verdicts"] >= 9


def test_so_do_more_reviews() -> None:
    reviews = [(100 * number, review(number)) for number in range(50)]
    verdicts = [(0, verdict(0)), (4600, verdict(46))]
    window = filled(Window(LENGTH, LENGTH, most_reviews=10), reviews, verdicts)

    assert (window.since, window.is_whole) == (4000, False)
    assert window.report().report() == report_of(reviews, verdicts, 4000)


def test_who_has_a_wrong_clock_is_counted_now_and_forgotten_in_time() -> None:
    window = Window(LENGTH, LENGTH)
    filled(window, [(10**15, review(0))], [(10**15 + 10**6 * number, verdict(number)) for number in range(50)])
    assert len(window._slices) == 1, "each of them might have had a slice of its own"
    assert (window.report().figures()["verdicts"], window.report().figures()["reviewed"]) == (50, 1)
    window.move(2 * LENGTH + 100)
    assert (window.report().figures()["verdicts"], window.report().figures()["reviews"]) == (0, 0)


def test_somebody_who_writes_ever_other_verdicts_does_not_fill_the_memory(monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "MOST_KINDS", 3)
    verdicts = [(LENGTH, verdict(number, labels=[f"word {number}"])) for number in range(10)]
    figures = filled(Window(LENGTH, LENGTH), [], [*verdicts, verdicts[0]]).report().figures()
    assert (figures["verdicts"], figures["unreadable"]) == (4, 7)
