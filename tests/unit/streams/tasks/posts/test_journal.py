"""The changelog of author history: what is written, what is read of it, and what it tells nobody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import Strike
from streams.policy.base import LONGEST_WINDOW_S
from streams.record import Outgoing
from streams.tasks.base import Change, Origin
from streams.tasks.posts.author_key import secret_of
from streams.tasks.posts.authors import author_hash, key_check
from streams.tasks.posts.journal import KIND, MOST_AT_ONCE, Journal, Place, author_in, place_of
from streams.tasks.posts.task import PostsTask
from tests.unit.streams.tasks.building import WALL_NOW, decided, parts, post_scores

SECRET = secret_of(b"k" * 32)
ROW = {"posts": 3, "window_s": 86_400.0, "max_authors": 100}


def task(secret: bytes = SECRET, **offender: float) -> PostsTask:
    given = parts(Path("none"), posts={"repeat_offender": {**ROW, **offender}})
    return PostsTask.build(replace(given, author_state="topic", author_secret=secret))


def strike(posts: PostsTask, number: int, author: str = "jane.roe", partition: int = 3) -> list[Outgoing]:
    """What goes to the changelog with a post that is acted on."""
    fields = {"id": "p1", "author": author, "text": f"number {number} of them"}
    leaving = decided(posts, fields, post_scores(hate=0.99), b"k", Origin("moderation.posts", partition, number))
    return [each for each in leaving if each.kind == KIND]


def changes(outputs: list[Outgoing]) -> list[Change]:
    return [(each.key, each.value) for each in outputs]


def known(posts: PostsTask, author: str = "jane.roe", partition: int = 3) -> int:
    who = author_in(partition, author_hash(SECRET, author))
    return posts._memory.offenders.authors.before(who, "f" * 32, WALL_NOW, 86_400.0)


@given(st.integers(0, 1 << 20), st.integers(0, (1 << 56) - 1), st.integers(0, (1 << 64) - 1))
def test_a_key_leads_back_to_its_place(partition: int, author: int, verdict: int) -> None:
    place = Place(partition, author, verdict)

    assert Place.of(place.key) == place
    assert place_of(place.who, verdict) == place


@given(st.binary(max_size=60) | st.none() | st.from_regex(rb"[-+ 0-9a-f_]{1,4}/[0-9a-fA-F]{1,20}/[0-9a-f]{1,20}"))
def test_any_other_key_is_none(key: bytes | None) -> None:
    place = Place.of(key)

    assert place is None or place.key == key


def test_a_strike_leaves_with_its_verdict_to_the_partition_of_its_post() -> None:
    posts = task()
    (left,) = strike(posts, 1)

    assert (left.kind, left.partition) == ("authors", 3)
    said = Strike.model_validate_json(left.value or b"")
    assert (said.count, said.key_check) == (None, key_check(SECRET))
    assert said.sent_at.timestamp() == pytest.approx(WALL_NOW - 3, abs=1e-3)
    place = Place.of(left.key)
    assert place is not None
    assert (place.partition, f"{place.author:014x}") == (3, said.author)
    assert said.content_id.startswith(f"{place.post:016x}")


def test_what_is_not_acted_on_is_no_strike() -> None:
    posts = task()
    fields = {"id": "p1", "author": "jane.roe", "text": "good morning"}
    leaving = decided(posts, fields, post_scores(), b"k", Origin("moderation.posts", 3, 1))

    assert [each.kind for each in leaving] == ["labels"]


def test_nothing_in_a_changelog_names_an_author() -> None:
    (left,) = strike(task(), 1)

    assert b"jane" not in (left.key or b"") + (left.value or b"")
    (other,) = strike(task(secret_of(b"x" * 32)), 1)
    assert (left.key or b"").split(b"/")[1] != (other.key or b"").split(b"/")[1], "the hash depends on the key"


def test_a_worker_that_takes_a_partition_over_knows_its_strikes_and_alerts() -> None:
    first, second = task(), task()
    written = [change for number in (1, 2, 3) for change in changes(strike(first, number))]
    second.assign({3})

    assert second.restore(3, written) == 0
    assert known(second) == 3
    strike(second, 3)
    assert known(second) == 3, "the third came again, and is the one that is known"
    counts = [Strike.model_validate_json(each.value or b"").count for n in range(4, 7) for each in strike(second, n)]
    assert counts == [None, None, 6], "the next alert is due where it was"


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=6))
def test_the_order_of_strikes_and_repeats_of_them_mean_nothing(order: list[int], twice: list[int]) -> None:
    first, second = task(posts=100), task(posts=100)
    written = [changes(strike(first, number))[0] for number in range(6)]
    second.assign({3})
    second.restore(3, [written[number] for number in (*order, *twice)])

    assert known(second) == 6


def test_what_was_decided_and_did_not_leave_leaves_when_its_record_comes_again() -> None:
    posts = task()
    lost = strike(posts, 1)
    posts.revoke({3})
    posts.assign({3})

    assert len(lost) == 1
    assert [each.key for each in strike(posts, 1)] == [each.key for each in lost]


def test_a_partition_that_was_given_to_another_is_forgotten() -> None:
    posts = task()
    posts.assign({3, 4})
    strike(posts, 1), strike(posts, 2, partition=4)
    posts.revoke({3, 4})
    assert known(posts) == 1, "it may come back, and then only what others wrote has to be read"
    posts.assign({4})

    assert (known(posts), known(posts, partition=4)) == (0, 1)


def test_an_author_in_two_partitions_is_two_so_that_a_move_of_one_changes_nothing() -> None:
    posts = task()
    strike(posts, 1), strike(posts, 2, partition=4)

    assert (known(posts), known(posts, partition=4)) == (1, 1)


def test_entries_of_other_partitions_of_the_input_are_left_alone() -> None:
    """A changelog with fewer partitions than the input holds several in one."""
    written = [*changes(strike(task(), 1)), *changes(strike(task(), 2, partition=9))]
    second = task()
    second.assign({3})

    assert second.restore(3, written) == 0
    assert (known(second), known(second, partition=9)) == (1, 0)


def test_strikes_that_are_over_are_taken_back_with_the_next_one() -> None:
    posts = task(window_s=1.0)
    old = strike(posts, 1) + strike(posts, 2, author="other")
    posts._wall_clock = lambda: WALL_NOW + 10
    left = strike(posts, 3, author="third")

    assert {each.key for each in left if each.value is None} == {each.key for each in old}
    assert [each.partition for each in left] == [3, 3, 3]
    reader = task(window_s=1.0)
    reader.assign({3})
    reader.restore(3, [*changes(old), *changes(left)])
    assert [known(reader, name) for name in ("jane.roe", "other")] == [0, 0]


def test_a_checkpoint_takes_back_what_is_over_a_few_at_a_time() -> None:
    posts = task(window_s=1.0, max_authors=1000)
    for number in range(MOST_AT_ONCE + 10):
        strike(posts, number, author=f"author-{number}")
    posts._memory.offenders.wall_clock = lambda: WALL_NOW + 10
    posts.checkpoint()

    left = strike(posts, 9999)
    assert sum(each.value is None for each in left) == MOST_AT_ONCE
    assert sum(each.value is None for each in strike(posts, 9998)) == 10
    assert len(posts._memory.offenders.authors) == 1


def test_authors_who_make_room_are_taken_back() -> None:
    posts = task(max_authors=2)
    first = strike(posts, 1, author="one")
    strike(posts, 2, author="two")

    assert [each.key for each in strike(posts, 3, author="three") if each.value is None] == [first[0].key]


def test_memory_is_bounded_whatever_a_changelog_holds() -> None:
    many, few = task(), task(max_authors=5)
    written = [changes(strike(many, number, author=f"author-{number}"))[0] for number in range(10)]
    few.assign({3})
    few.restore(3, written)

    assert [number for number in range(10) if known(few, f"author-{number}")] == [5, 6, 7, 8, 9]


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"{}", b'{"author":"x"}'])
def test_what_is_damaged_is_counted_and_no_strike(value: bytes) -> None:
    posts = task()
    (left,) = strike(posts, 1)
    reader = task()
    reader.assign({3})

    assert reader.restore(3, [(left.key, value), (b"junk", left.value), (None, None)]) == 3
    assert known(reader) == 0


def test_a_strike_that_a_newer_worker_says_more_of_counts() -> None:
    (left,) = strike(task(), 1)
    reader = task()
    reader.assign({3})

    assert reader.restore(3, [(left.key, orjson.dumps(orjson.loads(left.value or b"") | {"added": 1}))]) == 0
    assert known(reader) == 1


def test_what_was_written_with_another_key_is_no_strike_and_goes_once_it_is_old() -> None:
    (left,) = strike(task(secret_of(b"x" * 32)), 1)
    old = orjson.loads(left.value or b"") | {"sent_at": "2020-01-01T00:00:00Z"}
    assert LONGEST_WINDOW_S < WALL_NOW
    reader = task()
    reader.assign({3})

    assert reader.restore(3, changes([left])) == 1
    assert [each.value for each in strike(reader, 2)] != [None], "it may be in use"
    assert reader.restore(3, [(left.key, orjson.dumps(old))]) == 1
    assert [each.key for each in strike(reader, 3) if each.value is None] == [left.key]


def test_without_a_folder_nothing_is_written_whatever_the_settings_say() -> None:
    """The backfill and a model on trial remember nothing."""
    posts = PostsTask.build(replace(parts(None), author_state="topic", author_secret=SECRET))

    assert strike(posts, 1) == []


def test_a_journal_alone_holds_what_waits() -> None:
    journal = Journal("check")
    assert (journal.leaving(), journal.backlog) == ([], 0)
    journal.take_back(Place(1, 2, 3))
    assert journal.backlog == 1
    assert [each.key for each in journal.leaving()] == [b"1/00000000000002/0000000000000003"]
