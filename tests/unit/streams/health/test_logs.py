"""What the libraries say, and how often; tests/broker/test_quiet_logs.py shows that nothing ordinary is a warning."""

from __future__ import annotations

import logging

import pytest

from streams.health.logs import ORDINARY, REMEMBERED_LINES, REPEAT_S, ForeignLines


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def line(message: str, *args: object, name: str = "aiokafka.cluster", level: int = logging.ERROR) -> logging.LogRecord:
    return logging.LogRecord(name, level, __file__, 1, message, args, None)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def shown(lines: ForeignLines, record: logging.LogRecord) -> str | None:
    return record.getMessage() if lines.filter(record) else None


def test_a_repeated_line_is_counted_and_not_repeated(clock: Clock) -> None:
    lines = ForeignLines(logging.INFO, clock)
    assert shown(lines, line("Topic %s not found", "a")) == "Topic a not found"
    for _ in range(3):
        clock.now += 1
        assert shown(lines, line("Topic %s not found", "a")) is None
    assert shown(lines, line("Topic %s not found", "b")) == "Topic b not found"
    clock.now += REPEAT_S
    assert shown(lines, line("Topic %s not found", "a")) == "Topic a not found (3 more like it in 33 s)"
    clock.now += REPEAT_S
    assert shown(lines, line("Topic %s not found", "a")) == "Topic a not found"


def test_our_own_lines_are_always_shown(clock: Clock) -> None:
    lines = ForeignLines(logging.INFO, clock)
    assert all(lines.filter(line("ready", name="streams.worker.life", level=logging.INFO)) for _ in range(3))


def test_a_line_that_cannot_be_formatted_is_left_to_the_handler(clock: Clock) -> None:
    lines = ForeignLines(logging.INFO, clock)
    assert lines.filter(line("two of %s and %s", "one"))


def test_lines_that_all_differ_are_forgotten_in_time(clock: Clock) -> None:
    lines = ForeignLines(logging.INFO, clock)
    assert all(lines.filter(line("line %d", number)) for number in range(3 * REMEMBERED_LINES))
    assert len(lines._seen) == REMEMBERED_LINES


@pytest.mark.parametrize(("level", "kept"), [(logging.INFO, True), (logging.WARNING, False)])
def test_what_is_ordinary_is_no_warning(clock: Clock, level: int, kept: bool) -> None:
    (ordinary,) = ORDINARY
    record = line(ordinary, "tidegate", name="aiokafka.consumer.group_coordinator", level=logging.WARNING)
    assert ForeignLines(level, clock).filter(record) is kept
    assert record.levelname == "INFO"
