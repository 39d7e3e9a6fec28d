"""A broker that is away is told from a topic that is quiet by its answers, and by them alone."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from aiokafka import TopicPartition

from streams.kafka.silence import answered_at, is_silent

HERE, THERE = TopicPartition("t", 0), TopicPartition("t", 1)


class Consumer:
    """`answers`: seconds since the broker's last answer on each partition; None: none yet."""

    def __init__(self, answers: Mapping[TopicPartition, float | None]) -> None:
        self._answers = answers

    def last_poll_timestamp(self, partition: TopicPartition) -> int | None:
        age_s = self._answers[partition]
        return None if age_s is None else int(1000 * (time.time() - age_s))


@pytest.mark.parametrize(
    ("here_s", "there_s", "asked_s", "says_nothing"),
    [
        (5.0, 5.0, 500.0, False),
        (5.0, 50.0, 500.0, True),
        (None, 5.0, 5.0, False),
        (None, 5.0, 50.0, True),
    ],
)
def test_one_partition_without_an_answer_for_too_long_is_enough(
    here_s: float | None, there_s: float, asked_s: float, says_nothing: bool
) -> None:
    consumer = Consumer({HERE: here_s, THERE: there_s})
    assert is_silent(consumer, [HERE, THERE], time.time() - asked_s, 30.0) is says_nothing
    assert not is_silent(consumer, [], 0.0, 30.0), "who reads nothing is told nothing"


def test_an_answer_has_a_time_and_none_has_none() -> None:
    consumer = Consumer({HERE: 5.0, THERE: None})
    said = answered_at(consumer, HERE)
    assert said is not None
    assert time.time() - 6 < said <= time.time() - 4
    assert answered_at(consumer, THERE) is None
