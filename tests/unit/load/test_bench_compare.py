"""What rounds say together: no order that only some of them show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.bench.compare import Order, around, order, ratios, spread, without_others


def test_spread_is_the_median_between_lowest_and_highest() -> None:
    found = spread([3.0, 1.0, 100.0])

    assert (found.median, found.low, found.high) == (3.0, 1.0, 100.0)
    assert str(spread([1234.5, 2000.0, 900.0])) == "1,234 (900 to 2,000)"


def test_no_round_is_no_figure() -> None:
    with pytest.raises(ValueError, match="no round"):
        spread([])


def test_an_order_that_depends_on_the_round_is_a_tie() -> None:
    """However far apart the medians are."""
    assert order({0: 200.0, 1: 200.0, 2: 99.0}, {0: 100.0, 1: 100.0, 2: 100.0}) is Order.TIE


def test_an_order_is_one_that_every_round_shows() -> None:
    slow, fast = {0: 90.0, 1: 150.0}, {0: 100.0, 1: 160.0}

    assert order(fast, slow) is Order.FASTER
    assert order(slow, fast) is Order.SLOWER
    assert order({0: 100.0, 1: 100.0}, {0: 100.0, 1: 100.0}) is Order.TIE


def test_rounds_are_compared_with_themselves() -> None:
    """A machine that is half as fast in the second round changes neither ratio nor order."""
    ours, theirs = {0: 200.0, 1: 100.0}, {0: 150.0, 1: 75.0}

    assert ratios(ours, theirs) == pytest.approx([4 / 3, 4 / 3])
    assert order(ours, theirs) is Order.FASTER


def test_a_round_that_one_of_two_missed_counts_for_neither() -> None:
    assert ratios({0: 2.0, 2: 9.0}, {0: 1.0, 1: 5.0}) == [2.0]
    assert order({0: 2.0, 2: 9.0}, {0: 1.0, 1: 5.0}) is Order.UNKNOWN


@given(st.dictionaries(st.integers(0, 9), st.tuples(st.floats(1, 1e6), st.floats(1, 1e6)), min_size=2))
def test_who_is_faster_one_way_is_slower_the_other(rounds: dict[int, tuple[float, float]]) -> None:
    ours = {number: pair[0] for number, pair in rounds.items()}
    theirs = {number: pair[1] for number, pair in rounds.items()}
    opposite = {Order.FASTER: Order.SLOWER, Order.SLOWER: Order.FASTER, Order.TIE: Order.TIE}

    assert order(theirs, ours) is opposite[order(ours, theirs)]


def test_a_round_is_compared_with_the_engine_before_and_after() -> None:
    assert around([100.0, 100.0, 50.0], 2) == {0: 100.0, 1: 75.0}
    with pytest.raises(ValueError, match="between two"):
        around([100.0], 1)


def test_what_others_take_is_given_back() -> None:
    assert without_others(0.6, 0.25) == pytest.approx(0.8)
    assert without_others(0.9, 0.0) == 0.9
