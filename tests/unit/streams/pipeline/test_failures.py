"""Dead letters hold the record as it came, and a partition may have so many of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schemas import DeadLetter, Reason
from streams.pipeline.failures import Failure, dead_letter
from streams.record import RawRecord
from streams.worker.dead_letter_limit import DeadLetterLimit, DeadLetterLimitExceeded

FAILURE = Failure(Reason.INVALID_JSON, "is not JSON", "decode")
POSTS, OTHER = ("posts", 0), ("posts", 1)


def test_a_letter_is_the_record_with_the_reason_behind_it() -> None:
    raw = RawRecord("posts", 3, 7, b"key", b"{", (("own", b"header"),))

    letter = dead_letter(raw, FAILURE, datetime(2026, 11, 24, 12, tzinfo=UTC))

    assert (letter.kind, letter.key, letter.value, letter.partition) == ("dead-letters", b"key", b"{", 3)
    assert letter.headers[0] == ("own", b"header")
    said = DeadLetter.from_headers(letter.headers)
    assert (said.reason, said.detail, said.stage) == (Reason.INVALID_JSON, "is not JSON", "decode")
    assert (said.original_topic, said.original_partition, said.original_offset) == ("posts", 3, 7)
    assert (said.attempts, said.failed_at) == (1, datetime(2026, 11, 24, 12, tzinfo=UTC))


def test_a_letter_that_fails_again_counts_on_and_carries_one_reason() -> None:
    first = dead_letter(RawRecord("posts", 3, 7, b"key", b"{", ()), FAILURE)
    second = dead_letter(RawRecord("posts", 3, 9, b"key", b"{", tuple(first.headers)), FAILURE)

    assert len(second.headers) == len(first.headers)
    assert DeadLetter.from_headers(second.headers).attempts == 2


def test_without_a_time_it_failed_now() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    letter = dead_letter(RawRecord("posts", 3, 7, None, None, ()), FAILURE)
    assert before <= DeadLetter.from_headers(letter.headers).failed_at <= datetime.now(UTC)


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
