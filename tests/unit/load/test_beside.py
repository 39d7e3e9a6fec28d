"""Texts beside pictures: who sends what, and what the turns say together."""

import orjson
import pytest

from load.arrivals import constant
from load.commands.beside import ALONE, BESIDE, SATURATED_MS, Turn, account
from load.generator import Plan, Sent
from load.measure import Answer, Measurement
from load.openloop import Run
from load.report import Report
from load.scenarios import SCENARIOS

START = 1_000_000.0


def _posts(scenario: str) -> list[dict[str, object]]:
    return [orjson.loads(one.value) for one in SCENARIOS[scenario].payloads(400, seed=3)]


def test_nobody_sends_pictures_and_posts_without_them() -> None:
    posts = _posts(BESIDE)
    with_pictures = {post["author"] for post in posts if "images" in post}
    assert 50 < len(with_pictures) < 110
    assert not with_pictures & {post["author"] for post in posts if "images" not in post}
    assert [one.key.decode() for one in SCENARIOS[BESIDE].payloads(400, seed=3)] == [post["author"] for post in posts]


def test_the_other_turn_has_the_same_posts_without_their_pictures() -> None:
    assert _posts(ALONE) == [{name: post[name] for name in post if name != "images"} for post in _posts(BESIDE)]


def _run(text_ms: float, picture_ms: float | None = None, unanswered: tuple[int, ...] = ()) -> Run:
    """Twenty posts; where there are pictures, each fifth brings one."""
    measured = Measurement(constant(rate=10, seconds=2), START)
    for number in {*range(20)} - {*unanswered}:
        is_picture = picture_ms is not None and number % 5 == 0
        latency_ms = picture_ms if is_picture and picture_ms is not None else text_ms
        received_at = START + number / 10 + latency_ms / 1e3
        measured.add(Answer(number, "labels", received_at, has_pictures=is_picture))
    sent = Sent(20, 0, 0.0, 0.0, with_pictures=0 if picture_ms is None else 4)
    return Run(Plan("", "", 1, BESIDE, 10, 2), 0.0, sent, measured)


def test_pictures_count_for_themselves_and_the_p99_of_texts_is_compared() -> None:
    report = Report("t", "c", {})
    account(report, [Turn(_run(10), _run(11, 9_000)), Turn(_run(10), _run(15, 9_000))])
    assert report.data["p99_ratios"] == pytest.approx([1.1, 1.5], abs=0.01)
    assert report.data["p99_ratio"] == pytest.approx(1.5, abs=0.01)
    assert (report.data["texts"], report.data["pictures"]) == ([40, 32], 8)
    assert report.data["saturated"]


def test_pictures_that_do_not_wait_are_no_saturation() -> None:
    report = Report("t", "c", {})
    account(report, [Turn(_run(10), _run(10, SATURATED_MS / 2))])
    assert not report.data["saturated"]


def test_who_was_not_answered_is_told_apart() -> None:
    report = Report("t", "c", {})
    account(report, [Turn(_run(10), _run(10, 9_000, unanswered=(0, 5, 7)))])
    assert (report.data["texts_unanswered"], report.data["pictures_unanswered"]) == (1, 2)
