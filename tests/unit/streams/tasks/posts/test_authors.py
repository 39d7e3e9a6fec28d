"""Author history: counts what was acted on, tells at each doubling, forgets, and survives a move."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.policy import RepeatOffenderPolicy
from streams.tasks.posts.authors import MAX_POSTS, AuthorHistory, author_hash

SECRET = b"s" * 32
WHO = author_hash(SECRET, "someone")
DAY = 86_400.0


def history(posts: int = 3, window_s: float = DAY, max_authors: int = 100, secret: bytes = SECRET) -> AuthorHistory:
    return AuthorHistory(RepeatOffenderPolicy(posts=posts, window_s=window_s, max_authors=max_authors), secret)


def verdict(number: int) -> str:
    return f"{number:032x}"[::-1]


def add_many(authors: AuthorHistory, numbers: Sequence[int], now: float = 0.0) -> list[int]:
    counts = (authors.add(WHO, verdict(number), 0, now) for number in numbers)
    return [count for count in counts if count is not None]


def test_an_alert_at_the_third_post_and_at_each_doubling() -> None:
    assert add_many(history(), range(1, 50)) == [3, 6, 12, 24, 48]


def test_the_first_post_may_be_enough() -> None:
    assert add_many(history(posts=1), range(1, 9)) == [1, 2, 4, 8]


def test_a_redelivered_verdict_counts_once() -> None:
    authors = history()

    assert add_many(authors, [1, 1, 2, 2, 1]) == []
    assert authors.count(WHO) == 2


def test_the_redelivery_of_an_alerting_verdict_raises_the_same_alert() -> None:
    authors = history()
    add_many(authors, range(1, 6))

    assert add_many(authors, [3]) == [3]
    assert add_many(authors, [4]) == []


def test_posts_outside_the_window_do_not_count() -> None:
    authors = history()
    add_many(authors, [1, 2], now=0.0)

    assert add_many(authors, [3], now=DAY + 1) == []
    assert authors.count(WHO) == 1
    assert add_many(authors, [4, 5], now=DAY + 2) == [3], "a new row of posts starts at the first bar again"


def test_an_alert_goes_with_the_post_that_raised_it() -> None:
    authors = history()
    assert add_many(authors, [1, 2, 3], now=0.0) == [3]
    add_many(authors, [4], now=DAY + 1)
    assert add_many(authors, [3], now=DAY + 2) == [], "long ago, and counted anew"


def test_a_count_that_stays_where_it_was_raises_no_second_alert() -> None:
    authors = history()
    add_many(authors, [1], now=0.0)
    assert add_many(authors, [2, 3], now=10.0) == [3]
    assert add_many(authors, [4], now=DAY + 5) == [], "the first has left, so there are three again"


def test_those_who_were_acted_on_least_recently_make_room(tmp_path: Path) -> None:
    authors = history(max_authors=2)
    for number, (author, partition) in enumerate(((1, 4), (2, 5), (1, 4))):
        authors.add(author, verdict(number), partition, float(number))
    for partition in (4, 5):
        authors.save(tmp_path / f"{partition}.json", partition)
    authors.add(3, verdict(3), 4, 3.0)

    assert [authors.count(author) for author in (1, 2, 3)] == [2, 0, 1]
    assert authors.changed() == {4, 5}, "the file of the one who left is out of date"


def test_any_name_has_a_hash_of_its_own() -> None:
    names = ("", "ann", "Ann", "键", "\ud800", "\ud801")
    assert len({author_hash(SECRET, name) for name in names}) == len(names)
    assert all(0 <= author_hash(SECRET, name) < 1 << 56 for name in names)


def test_memory_is_bounded_in_authors_and_posts() -> None:
    authors = history(posts=3, max_authors=50)
    for number in range(200):
        authors.add(number, verdict(number), 0, float(number))
    assert len(authors) == 50
    add_many(authors, range(1_000, 2_000), now=200.0)
    assert authors.count(WHO) == MAX_POSTS


def test_authors_without_recent_posts_leave() -> None:
    authors = history(window_s=10.0)
    for number in range(5):
        authors.add(number, verdict(number), 0, 0.0)
    for number in range(10):
        add_many(authors, [100 + number], now=60.0)

    assert len(authors) == 1


def test_nothing_in_a_snapshot_names_an_author(tmp_path: Path) -> None:
    authors = history()
    authors.add(author_hash(SECRET, "jane.roe"), verdict(1), 0, 0.0)
    authors.save(tmp_path / "a.json", 0)

    content = (tmp_path / "a.json").read_text()
    assert "jane" not in content
    assert f"{author_hash(b'x' * 32, 'jane.roe'):x}" not in content, "the hash depends on the secret"


def test_a_partition_that_moves_finds_its_history(tmp_path: Path) -> None:
    first, second = history(), history()
    first.add(WHO, verdict(1), 4, 0.0)
    first.add(WHO, verdict(2), 4, 0.0)
    first.add(author_hash(SECRET, "other"), verdict(3), 5, 0.0)
    first.save(tmp_path / "4.json", 4)
    first.forget({4})

    second.load(tmp_path / "4.json", 4)

    assert first.count(WHO) == 0
    assert len(first) == 1
    assert second.add(WHO, verdict(2), 4, 1.0) is None, "counted before the move"
    assert second.add(WHO, verdict(3), 4, 1.0) == 3
    assert len(second) == 1


def test_what_was_read_is_written_again_with_the_alerts_that_it_raised(tmp_path: Path) -> None:
    """As by two rebalances one after the other."""
    path, first, second, third = tmp_path / "4.json", history(), history(), history()
    for number in (1, 2, 3):
        first.add(WHO, verdict(number), 4, 0.0)
    first.save(path, 4)
    second.load(path, 4)
    second.save(path, 4)
    third.load(path, 4)

    assert third.count(WHO) == 3
    assert third.add(WHO, verdict(3), 4, 1.0) == 3, "the same alert when the record comes again"
    assert [third.add(WHO, verdict(number), 4, 1.0) for number in (4, 5, 6)] == [None, None, 6]


def test_an_author_who_was_read_is_not_thought_to_be_long_gone(tmp_path: Path) -> None:
    first, second = history(), history()
    first.add(WHO, verdict(1), 4, 100 * DAY)
    first.save(tmp_path / "4.json", 4)
    second.load(tmp_path / "4.json", 4)

    second.add(author_hash(SECRET, "other"), verdict(2), 5, 100 * DAY)
    assert second.count(WHO) == 1


def test_memory_is_bounded_whatever_a_file_holds(tmp_path: Path) -> None:
    """Those who were acted on last are kept."""
    many, few = history(), history(max_authors=5)
    for number in range(10):
        many.add(number, verdict(number), 4, 0.0)
    many.save(tmp_path / "4.json", 4)

    few.load(tmp_path / "4.json", 4)
    assert [number for number in range(10) if few.count(number)] == [5, 6, 7, 8, 9]


def test_a_partition_that_was_given_up_needs_no_saving(tmp_path: Path) -> None:
    authors = history()
    authors.add(WHO, verdict(1), 4, 0.0)
    authors.forget({4})

    assert authors.changed() == frozenset()


def test_a_snapshot_is_for_its_owner_alone_and_on_the_disk_before_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, authors, synced = tmp_path / "new" / "folder" / "0.json", history(), list[int]()
    monkeypatch.setattr("os.fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    add_many(authors, [1])
    authors.save(path, 0)

    assert path.stat().st_mode & 0o777 == 0o600
    assert synced == [path.stat().st_size]


def test_only_changed_partitions_need_saving(tmp_path: Path) -> None:
    authors = history()
    authors.add(1, verdict(1), 4, 0.0)
    authors.add(2, verdict(2), 5, 0.0)
    authors.save(tmp_path / "4.json", 4)
    authors.add(1, verdict(1), 4, 0.0)

    assert authors.changed() == {5}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"format":1}',
        b'{"format":99,"key":"x","authors":{}}',
        b'{"format":1,"key":"another","authors":{}}',
    ],
)
def test_a_damaged_file_is_no_history(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "0.json"
    path.write_bytes(content)
    authors = history()

    with caplog.at_level(logging.WARNING):
        authors.load(path, 0)

    assert len(authors) == 0
    assert "starts empty" in caplog.text


@given(st.binary(max_size=40), st.integers(0, 200))
def test_damage_anywhere_is_survived(tmp_path_factory: pytest.TempPathFactory, junk: bytes, place: int) -> None:
    path = tmp_path_factory.mktemp("history") / "0.json"
    authors = history()
    add_many(authors, range(4))
    authors.save(path, 0)
    content = path.read_bytes()
    path.write_bytes(content[:place] + junk + content[place + len(junk) :])

    history().load(path, 0)


def test_a_missing_file_is_no_history_and_no_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    history().load(tmp_path / "none.json", 0)

    assert caplog.text == ""


def test_a_snapshot_of_another_secret_is_not_read(tmp_path: Path) -> None:
    authors = history()
    add_many(authors, [1])
    authors.save(tmp_path / "0.json", 0)
    other = history(secret=b"t" * 32)

    other.load(tmp_path / "0.json", 0)

    assert len(other) == 0


def test_a_crash_while_saving_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, authors = tmp_path / "0.json", history()
    add_many(authors, [1])
    authors.save(path, 0)
    before = path.read_bytes()
    add_many(authors, [2])

    def crash(_: int) -> None:
        raise OSError("power is gone")

    monkeypatch.setattr("os.fsync", crash)
    with pytest.raises(OSError, match="power"):
        authors.save(path, 0)

    assert path.read_bytes() == before
    assert authors.changed() == {0}
    assert orjson.loads(before)["format"] == 1


def test_a_strike_fades() -> None:
    authors = history(posts=100)
    add_many(authors, range(4), now=0.0)

    def counted(now: float) -> int:
        return authors.before(WHO, "f" * 32, now, DAY, half_life_s=100.0)

    assert [counted(now) for now in (0.0, 1.0, 100.0, 200.0, 300.0, 301.0)] == [4, 4, 2, 1, 1, 0]
    assert authors.before(WHO, "f" * 32, 301.0, DAY) == 4
    add_many(authors, [9], now=100.0)
    assert counted(100.0) == 3
    assert authors.before(WHO, verdict(9), 100.0, DAY, half_life_s=100.0) == 2, "a post does not count itself"
