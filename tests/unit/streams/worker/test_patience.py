"""How a broker is asked, by the rate at which records come."""

from __future__ import annotations

import inspect

import pytest
from aiokafka.consumer.fetcher import Fetcher

from streams.worker.patience import ANSWERS, AT_ONCE, ENOUGH_BYTES, LEAST_S, Patience


def _after(answers: list[tuple[float, int]], rest_s: float = 0.0) -> tuple[int, int]:
    """Bytes and milliseconds of the next question, after answers of so many records at these seconds."""
    patience, how = Patience(), AT_ONCE
    for at, records in answers:
        how = patience.after(records, at, rest_s)
    return how


def _stream(every_s: float, records: int = 1) -> list[tuple[float, int]]:
    return [(number * every_s, records) for number in range(3 * ANSWERS)]


@pytest.mark.parametrize("every_s", [1.0, 0.01, 0.005])
def test_what_comes_seldom_is_had_at_once(every_s: float) -> None:
    assert _after(_stream(every_s)) == AT_ONCE


def test_what_comes_often_gathers_at_the_broker() -> None:
    assert _after(_stream(0.002)) == (ENOUGH_BYTES, 1000 * LEAST_S)
    assert _after(_stream(0.005, records=4)) == (ENOUGH_BYTES, 1000 * LEAST_S)


def test_it_is_no_faster_than_the_stages() -> None:
    assert _after(_stream(0.002), rest_s=0.025) == (ENOUGH_BYTES, 25)
    assert _after(_stream(0.02), rest_s=0.025) == AT_ONCE


@pytest.mark.parametrize("later", [[(1.0, 0)], [(10.0, 1), (11.0, 1)]])
def test_a_stream_that_ends_or_thins_out_is_had_at_once_again(later: list[tuple[float, int]]) -> None:
    assert _after([*_stream(0.002), *later]) == AT_ONCE


def test_it_begins_with_what_there_is() -> None:
    assert _after([(0.0, 500)]) == AT_ONCE


def test_aiokafka_looks_at_the_two_settings_whenever_it_asks() -> None:
    names = set(Fetcher._get_actions_per_node.__code__.co_names)
    assert {"_fetch_min_bytes", "_fetch_max_wait_ms"} <= names
    assert {"fetch_min_bytes", "fetch_max_wait_ms"} <= set(inspect.signature(Fetcher).parameters)
