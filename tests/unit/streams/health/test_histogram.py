"""Counting by bounds."""

from streams.health.histogram import Histogram


def test_a_value_counts_for_the_lowest_bound_that_is_not_below_it_and_for_those_above() -> None:
    histogram = Histogram((1, 2.5))
    for value in (0, 1, 1.01, 2.5, 99):
        histogram.observe(value)

    assert histogram.cumulated() == [("1", 2.0), ("2.5", 4.0), ("+Inf", 5.0)]
    assert histogram.sum == 103.51
