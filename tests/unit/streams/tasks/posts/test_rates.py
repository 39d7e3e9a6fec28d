"""How much authors write: within a window, each post once, in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.policy.tables import MAX_POSTS
from streams.tasks.posts import rates
from streams.tasks.posts.rates import Rates

WINDOW_S = 60.0
OTHER = "f" * 32


def verdict(number: int) -> str:
    return f"{number:016x}" * 2


def counted(*posts: tuple[int, int, float, int]) -> Rates:
    """Author, number, time, mentions of each."""
    found = Rates()
    for author, number, at, mentions in posts:
        found.add(author, verdict(number), at, mentions, WINDOW_S)
    return found


def test_posts_and_mentions_before_one_in_the_window() -> None:
    found = counted((1, 1, 10.0, 2), (1, 2, 50.0, 3), (2, 3, 50.0, 9), (1, 4, 90.0, 4))

    assert found.before(1, OTHER, 69.0, WINDOW_S) == (1, 3), "the first left when the last one came"
    assert found.before(1, OTHER, 100.0, WINDOW_S) == (2, 7)
    assert found.before(1, verdict(4), 90.0, WINDOW_S) == (1, 3), "a post does not count itself"
    assert found.before(1, verdict(2), 50.0, WINDOW_S) == (0, 0), "nor those after it"
    assert found.before(3, OTHER, 100.0, WINDOW_S) == (0, 0)


def test_a_redelivered_post_counts_once() -> None:
    assert counted((1, 1, 10.0, 2), (1, 1, 10.0, 2)).before(1, OTHER, 10.0, WINDOW_S) == (1, 2)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), st.floats(0, 500), st.integers(0, 3)), max_size=80))
def test_what_is_remembered_is_counted_rightly(posts: Sequence[tuple[int, int, float, int]]) -> None:
    found = counted(*posts)

    assert len(found) == sum(found.before(author, OTHER, 1e9, 2e9)[0] for author in range(4))
    assert len(found) <= len({(author, number) for author, number, _, _ in posts})


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who wrote least recently go first."""
    assert len(counted(*((1, number, 0.0, 0) for number in range(2 * MAX_POSTS)))) == MAX_POSTS
    monkeypatch.setattr(rates, "MAX_REMEMBERED", 3)
    found = counted(*((author, author, 0.0, 0) for author in range(9)))

    assert [author for author in range(9) if found.before(author, OTHER, 0.0, WINDOW_S)[0]] == [6, 7, 8]
