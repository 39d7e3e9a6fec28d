"""Dead letters hold the record as it came."""

from __future__ import annotations

from datetime import UTC, datetime

from schemas import DeadLetter, Reason
from streams.pipeline.failures import Failure, dead_letter
from streams.record import RawRecord

FAILURE = Failure(Reason.INVALID_JSON, "is not JSON", "decode")


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
