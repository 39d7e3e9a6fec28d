"""What of a letter goes back to the input topic."""

from __future__ import annotations

from datetime import UTC, datetime

from schemas import DeadLetter, Reason
from streams.dead_letters import original_headers
from streams.failures import Failure, dead_letter
from streams.record import Header, RawRecord

OWN: list[Header] = [("trace", b"\x00\xff"), ("reason", b"their own"), ("empty", None), ("trace", b"again")]
FAILURE = Failure(Reason.INVALID_JSON, "the record is not JSON", "decode")


def fail(headers: list[Header]) -> list[Header]:
    raw = RawRecord("moderation.posts", 1, 7, b"key", b"value", tuple(headers))
    return list(dead_letter(raw, FAILURE, datetime(2026, 5, 1, tzinfo=UTC)).headers)


def test_only_our_headers_are_taken_off() -> None:
    assert original_headers(fail(OWN)) == [*OWN, ("attempts", b"1")]
    assert original_headers(fail([])) == [("attempts", b"1")]


def test_attempts_rise_with_each_round_and_headers_do_not_pile_up() -> None:
    headers = OWN
    for attempt in (1, 2, 3):
        letter = fail(headers)
        assert DeadLetter.from_headers(letter).attempts == attempt
        headers = original_headers(letter)
        assert headers[:-1] == OWN
