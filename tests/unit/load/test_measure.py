"""The account of a run: latency from the due moment, nothing lost from the percentiles."""

import math

import numpy as np
import pytest

from load.arrivals import constant
from load.measure import Answer, LatencyHistogram, Measurement

START = 1_000_000.0


def _measurement(count: int = 10, warm_up_s: float = 0.0) -> Measurement:
    return Measurement(constant(rate=10, seconds=count / 10), START, warm_up_s)


def _answer(number: int, received_s: float, **timings: float) -> Answer:
    return Answer(number, "labels", START + received_s, timings)


def test_latency_counts_from_when_the_record_was_due() -> None:
    measured = _measurement()
    measured.add(_answer(5, received_s=0.75))  # due at 0.5 s, whenever it was really sent

    assert measured.latency.at(50) == pytest.approx(250, rel=1e-3)


def test_a_stall_shows_in_every_record_that_was_due_in_it() -> None:
    """Coordinated omission: a sender that waits for answers would see one slow record here, not ten."""
    measured = _measurement(count=10)
    for number in range(10):
        measured.add(_answer(number, received_s=1.0))

    assert measured.latency.at(50) == pytest.approx(500, rel=0.01)
    assert measured.latency.at(100) == pytest.approx(1_000, rel=0.01)


def test_lost_and_duplicates_are_counted_and_a_duplicate_is_not_measured() -> None:
    measured = _measurement()
    measured.add(_answer(0, 0.1))
    measured.add(_answer(0, 5.0))
    measured.add(_answer(3, 0.4))
    measured.add(_answer(99, 0.4))
    measured.add(_answer(-1, 0.4))

    assert (measured.answered, measured.lost, measured.duplicates, measured.unknown) == (2, 8, 1, 2)
    assert len(measured.latency) == 2
    assert measured.latency.at(100) == pytest.approx(100, rel=0.01)


def test_warm_up_is_expected_back_and_not_measured() -> None:
    measured = _measurement(warm_up_s=0.5)
    measured.add(_answer(4, 3.4, total=3_000))
    measured.add(_answer(5, 0.6, total=90))

    assert measured.answered == 2
    assert len(measured.latency) == 1
    assert measured.stages["total"].at(50) == pytest.approx(90, rel=0.01)
    assert measured.lost == 8


def test_throughput_is_over_the_time_it_took_to_answer() -> None:
    measured = _measurement()
    for number in range(10):
        measured.add(_answer(number, received_s=2.0))

    assert measured.throughput == pytest.approx(5.0)
    assert _measurement().throughput == 0.0


def test_over_time_follows_the_due_moment() -> None:
    measured = _measurement(count=100)
    for number in range(100):
        measured.add(_answer(number, number / 10 + (0.5 if number >= 50 else 0.01)))

    course = measured.over_time(bins=10)

    assert np.allclose(course["p50_ms"][:5], 10, rtol=0.05)
    assert np.allclose(course["p50_ms"][5:], 500, rtol=0.05)
    assert course["per_s"].sum() * (course["seconds"][1] - course["seconds"][0]) >= 94


def test_over_time_has_gaps_where_nothing_came_back() -> None:
    measured = _measurement(count=100)
    measured.add(_answer(0, 0.1))

    course = measured.over_time(bins=10)

    assert math.isnan(course["p99_ms"][9])


def test_histogram_keeps_extremes_within_its_range() -> None:
    histogram = LatencyHistogram()
    for value in (-5.0, 0.0, 0.0004, 10_000_000.0):
        histogram.record(value)

    assert len(histogram) == 4
    assert histogram.at(1) == pytest.approx(0.001)
    assert histogram.summary()["max"] == pytest.approx(3_600_000, rel=0.01)


def test_histogram_percentiles_are_within_three_digits() -> None:
    histogram = LatencyHistogram()
    for value in range(1, 10_001):
        histogram.record(value / 10)

    summary = histogram.summary()

    assert summary["p50"] == pytest.approx(500, rel=0.002)
    assert summary["p99.9"] == pytest.approx(999, rel=0.002)
    assert LatencyHistogram().summary() == {}


def test_records_without_pictures_have_an_account_of_their_own() -> None:
    measured = _measurement()
    measured.add(Answer(0, "labels", START + 0.01))
    measured.add(Answer(1, "labels", START + 9.0, has_pictures=True))

    assert (len(measured.latency), len(measured.beside_pictures)) == (2, 1)
    assert measured.beside_pictures.at(100) == pytest.approx(10, rel=0.01)
