"""A partition may have so many dead letters that tell of something broken, and any number of what people wrote."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from schemas import Reason
from schemas.reasons import BLAMED
from streams.pipeline.failures import Failure
from streams.pipeline.work import Work
from streams.worker.dead_letter_limit import DeadLetterLimit, DeadLetterLimitExceeded

POSTS, OTHER = ("posts", 0), ("posts", 1)
MARKS = {"x": Reason.INVALID_JSON, "s": Reason.INTERNAL_ERROR, "p": Reason.EMPTY_TEXT}


def observe(limit: DeadLetterLimit, course: str, partition: tuple[str, int] = POSTS) -> int:
    """How many records of a course were taken, where x is a failure, before it was too much."""
    for number, each in enumerate(course):
        try:
            limit.observe(partition, each == "x")
        except DeadLetterLimitExceeded:
            return number
    return len(course)


def test_a_run_of_failures_ends_it_and_a_good_record_ends_the_run() -> None:
    assert observe(DeadLetterLimit(0.0, 100, 3), "xx.xx.xxx") == 8
    assert observe(DeadLetterLimit(0.0, 100, 0), "x" * 200) == 200


def test_a_share_of_failures_ends_it_once_there_are_records_enough() -> None:
    assert observe(DeadLetterLimit(0.5, 4, 0), "xxx.") == 3
    assert observe(DeadLetterLimit(0.5, 4, 0), "xx...x.x..x.") == 12, "half of the last four is not too much"
    assert observe(DeadLetterLimit(0.5, 4, 0), "xx...xxx") == 7
    assert observe(DeadLetterLimit(0.0, 4, 0), "x" * 10) == 10


def test_partitions_are_counted_apart() -> None:
    limit = DeadLetterLimit(0.5, 4, 3)
    assert observe(limit, "xx") == 2
    assert observe(limit, "..xx", OTHER) == 4
    with pytest.raises(DeadLetterLimitExceeded, match=r"3 records in a row of posts\[0\]"):
        limit.observe(POSTS, failed=True)
    ratio = DeadLetterLimit(0.5, 4, 0)
    observe(ratio, "x.x")
    with pytest.raises(DeadLetterLimitExceeded, match=r"75% of the last 4 records of posts\[0\]"):
        ratio.observe(POSTS, failed=True)


def test_a_partition_that_was_given_up_begins_anew() -> None:
    limit = DeadLetterLimit(0.5, 4, 3)
    observe(limit, "xx")
    observe(limit, "xx", OTHER)
    limit.forget([POSTS])
    assert observe(limit, "xx.") == 3
    assert observe(limit, "x", OTHER) == 0


def course(marks: str) -> Sequence[Work]:
    """A record for each mark: see `MARKS`; `.` is a good one, `-` one that was abandoned."""
    works: list[Any] = []
    for mark in marks:
        failure = Failure(MARKS[mark], "a sentence", "decode") if mark in MARKS else None
        works.append(
            SimpleNamespace(ticket=SimpleNamespace(partition=POSTS), failure=failure, is_abandoned=mark == "-")
        )
    return cast(Sequence[Work], works)


def test_each_reason_blames_somebody() -> None:
    assert list(BLAMED) == list(Reason)


@pytest.mark.parametrize("reason", [reason for reason, blamed in BLAMED.items() if blamed == "person"])
def test_what_a_person_writes_never_ends_it(reason: Reason, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MARKS, "p", reason)
    for limit in (DeadLetterLimit(0.0, 4, 3), DeadLetterLimit(0.5, 4, 0)):
        works = course("p" * 50)
        assert limit.up_to(works) == works
        assert limit.exceeded is None


@pytest.mark.parametrize("reason", [reason for reason, blamed in BLAMED.items() if blamed != "person"])
def test_what_tells_of_something_broken_ends_it(reason: Reason, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MARKS, "x", reason)
    for limit in (DeadLetterLimit(0.0, 4, 3), DeadLetterLimit(0.7, 3, 0)):
        works = course("xxxxx")
        assert limit.up_to(works) == works[:3]
        assert isinstance(limit.exceeded, DeadLetterLimitExceeded)


def test_what_a_person_writes_counts_neither_way() -> None:
    """A bad deploy is found although somebody posts blanks all the time."""
    works = course("xpp-ppspx.")
    run = DeadLetterLimit(0.0, 4, 3)
    assert run.up_to(works) == works[:9]
    assert "3 records in a row" in str(run.exceeded)
    ratio = DeadLetterLimit(0.5, 4, 0)
    works = course(".xppppppsppx")
    assert ratio.up_to(works) == works
    assert "75% of the last 4" in str(ratio.exceeded)


def test_as_long_as_it_is_not_exceeded_all_may_be_answered() -> None:
    limit = DeadLetterLimit(0.5, 100, 3)
    works = course("xx.xx-p.")
    assert limit.up_to(works) == works
    assert limit.exceeded is None
