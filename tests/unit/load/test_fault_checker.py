"""The checker of the fault suite, on histories that are wrong in every way that it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from types import SimpleNamespace

import orjson
import pytest

from load.faults.checker import Findings, check
from load.faults.history import Input, Letter, Outcome, RunHistory, read_input, read_outcome
from schemas import Reason
from streams.pipeline.failures import Failure, dead_letter
from streams.record import RawRecord

TOPIC = "m.posts"
TRACE = (("trace", b"\x00\xff"), ("empty", None))


def an_input(offset: int, key: bytes = b"author") -> Input:
    return Input((TOPIC, 0, offset), key, b"text %d" % offset, TRACE, sent_at=float(offset))


def an_outcome(one: Input, at: int) -> Outcome:
    """At this offset of the partition that all outcomes of its kind share."""
    letter = Letter("invalid_json", one.key, one.value, one.headers) if one.is_bad else None
    kind = "dead-letters" if one.is_bad else "labels"
    return Outcome(kind, one.place, one.key, 0, at, b"of %d" % one.place[2], at, letter=letter)


def sound() -> RunHistory:
    """Six records of two authors and a bad one; of the first two there is a repeat, as after a crash."""
    inputs = [an_input(i, (b"author", b"other")[i % 2]) for i in range(6)] + [an_input(6, b"bad6")]
    written = [*inputs[:2], *inputs]
    outcomes = [an_outcome(one, at) for at, one in enumerate(written)]
    return RunHistory(frozenset(one.place for one in inputs), inputs, outcomes)


Break = Callable[[list[Input], list[Outcome]], None]


def _lose(inputs: list[Input], outcomes: list[Outcome]) -> None:
    del outcomes[4]


def _vanish(inputs: list[Input], outcomes: list[Outcome]) -> None:
    del inputs[5], outcomes[7]


def _invent(inputs: list[Input], outcomes: list[Outcome]) -> None:
    outcomes.append(replace(outcomes[-2], source=(TOPIC, 0, 99), offset=9))


def _contradict(inputs: list[Input], outcomes: list[Outcome]) -> None:
    outcomes[3] = replace(outcomes[3], decision=b"another")


def _contradict_with_a_letter(inputs: list[Input], outcomes: list[Outcome]) -> None:
    one = inputs[0]
    letter = Letter("internal_error", one.key, one.value, one.headers)
    outcomes[2] = replace(outcomes[2], kind="dead-letters", decision=b"letter", letter=letter)


def _judge_poison(inputs: list[Input], outcomes: list[Outcome]) -> None:
    outcomes[-1] = replace(outcomes[-1], kind="labels", letter=None)


def _refuse_a_good_one(inputs: list[Input], outcomes: list[Outcome]) -> None:
    one = inputs[5]
    letter = Letter("internal_error", one.key, one.value, one.headers)
    outcomes[7] = replace(outcomes[7], kind="dead-letters", letter=letter)


def _letter_with(**changes: object) -> Break:
    def alter(inputs: list[Input], outcomes: list[Outcome]) -> None:
        letter = outcomes[-1].letter
        assert letter is not None
        outcomes[-1] = replace(outcomes[-1], letter=replace(letter, **changes))  # type: ignore[arg-type]

    return alter


def _swap(inputs: list[Input], outcomes: list[Outcome]) -> None:
    outcomes[4], outcomes[6] = outcomes[6], outcomes[4]


def _scatter(inputs: list[Input], outcomes: list[Outcome]) -> None:
    outcomes[6] = replace(outcomes[6], partition=1)


def _go_back(inputs: list[Input], outcomes: list[Outcome]) -> None:
    outcomes[5] = replace(outcomes[5], shortest_ms=-20.0)


BREAKS: list[tuple[Break, set[str]]] = [
    (_lose, {"lost"}),
    (_vanish, {"vanished"}),
    (_invent, {"invented"}),
    (_contradict, {"contradictory"}),
    (_contradict_with_a_letter, {"contradictory", "misjudged"}),
    (_judge_poison, {"misjudged"}),
    (_refuse_a_good_one, {"misjudged"}),
    (_letter_with(value=b"other"), {"altered"}),
    (_letter_with(value=None), {"altered"}),
    (_letter_with(key=b"other"), {"altered"}),
    (_letter_with(headers=TRACE[:1]), {"altered"}),
    (_swap, {"swapped"}),
    (_scatter, {"scattered"}),
    (_go_back, {"backwards"}),
]


@pytest.mark.parametrize(("break_", "kinds"), BREAKS)
def test_each_wrong_history_is_found_out(break_: Break, kinds: set[str]) -> None:
    history = sound()
    inputs, outcomes = list(history.inputs), list(history.outcomes)
    break_(inputs, outcomes)
    findings = check(RunHistory(history.acknowledged, inputs, outcomes))
    assert set(findings.wrong) == kinds
    assert all(kind in str(findings) for kind in kinds)


def test_every_kind_of_finding_was_broken_above() -> None:
    broken = {kind for _, kinds in BREAKS for kind in kinds}
    assert broken == {each.name for each in fields(Findings)}


def test_records_without_a_key_have_no_order() -> None:
    inputs = [replace(an_input(i), key=None) for i in range(2)]
    outcomes = [replace(an_outcome(one, 1 - i), partition=i) for i, one in enumerate(inputs)]
    assert not check(RunHistory(frozenset(one.place for one in inputs), inputs, outcomes[::-1])).wrong


def test_a_sound_history_with_repeats_is_found_nothing_in() -> None:
    assert check(sound()).wrong == {}


def test_what_was_stored_without_an_acknowledgement_is_due_and_not_invented() -> None:
    """The broker had it, and the producer never heard."""
    history = sound()
    some = frozenset(list(history.acknowledged)[:2])
    assert check(RunHistory(some, history.inputs, history.outcomes)).wrong == {}
    assert check(RunHistory(some, history.inputs, history.outcomes[:-1])).wrong == {"lost": 1}


def test_a_late_repeat_is_no_swap() -> None:
    """A worker that was frozen writes again what another has written long ago."""
    history = sound()
    late = replace(history.outcomes[2], offset=20, written_at=20.0)
    assert check(RunHistory(history.acknowledged, history.inputs, [*history.outcomes, late])).wrong == {}


def message(topic: str, **fields: object) -> SimpleNamespace:
    plain = {"topic": topic, "partition": 3, "offset": 7, "key": b"k", "value": b"v", "headers": (), "timestamp": 1500}
    return SimpleNamespace(**plain | fields)


def verdict(**changes: object) -> SimpleNamespace:
    body: dict[str, object] = {
        "id": "v",
        "source": {"topic": TOPIC, "partition": 1, "offset": 2},
        "timings_ms": {"queued": 0.5, "total": 3.0},
        "degraded": False,
        "action": "allow",
    }
    return message("m.labels", value=orjson.dumps(body | changes))


def test_a_verdict_is_read_by_its_source_and_told_apart_by_its_decision() -> None:
    one = read_outcome("labels", verdict())
    assert (one.source, one.partition, one.offset, one.written_at) == ((TOPIC, 1, 2), 3, 7, 1.5)
    assert one.shortest_ms == 0.5
    again = verdict(timings_ms={"queued": -4.0}, source={"topic": TOPIC, "partition": 1, "offset": 9})
    assert read_outcome("labels", again).decision == one.decision
    assert read_outcome("labels", again).shortest_ms == -4.0
    for other in (verdict(action="remove"), verdict(id="w"), verdict(degraded=True)):
        assert read_outcome("labels", other).decision != one.decision


def test_a_dead_letter_is_read_as_the_original_and_its_reason() -> None:
    raw = RawRecord(TOPIC, 1, 2, b"k", b"\xff", TRACE)
    made = dead_letter(raw, Failure(Reason.NOT_UTF8, "it is not UTF-8", "decode"))
    one = read_outcome("dead-letters", message("m.dead-letters", value=made.value, headers=made.headers))
    assert one.source == (TOPIC, 1, 2)
    assert one.letter == Letter("not_utf8", b"k", b"\xff", TRACE)
    again = dead_letter(raw, Failure(Reason.NOT_UTF8, "it is not UTF-8", "decode"))
    assert read_outcome("dead-letters", message("m.dead-letters", value=b"\xff", headers=again.headers)).decision == (
        one.decision
    )
    other = dead_letter(raw, Failure(Reason.INVALID_JSON, "it is not UTF-8", "decode"))
    assert read_outcome("dead-letters", message("m.dead-letters", value=b"\xff", headers=other.headers)).decision != (
        one.decision
    )


def test_an_input_is_read_with_its_headers() -> None:
    one = read_input(message(TOPIC, headers=TRACE, key=b"bad1"))
    assert one == Input((TOPIC, 3, 7), b"bad1", b"v", TRACE, 1.5)
    assert one.is_bad
