"""Join waves: many new accounts that post for the first time, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from streams.tasks.base import Origin
from streams.tasks.posts import newcomers
from streams.tasks.posts.newcomers import Newcomers
from streams.tasks.posts.task import PostsTask
from tests.unit.streams.tasks.building import WALL_NOW, decide, post_scores, posts_task

DAY_S = 86_400.0
SENT_AT = WALL_NOW - 3.0  # of what `decide` builds
JOIN_WAVE = {"accounts": 3, "window_s": 600.0, "account_younger_than_s": DAY_S}


def judged(task: PostsTask, number: int, age_s: float | None = 1.0, author: str | None = None) -> list[dict[str, Any]]:
    """The alerts of one post."""
    since = {} if age_s is None else {"author_since": datetime.fromtimestamp(SENT_AT - age_s, UTC).isoformat()}
    post = {"id": f"p{number}", "text": f"number {number}", "author": author or f"a{number}", **since}
    verdict, outputs = decide(task, post, post_scores(), origin=Origin("moderation.posts", 3, number))
    assert verdict["action"] == "allow"
    return [body for kind, _, body in outputs if kind == "alerts"]


def warm(task: PostsTask) -> None:
    """It has seen the partition for longer than accounts are new."""
    task._memory.waves.crowds._newcomers._since[3] = SENT_AT - 2 * DAY_S


def test_many_new_accounts_raise_an_alert_at_the_bar_and_at_each_doubling() -> None:
    task = posts_task(join_wave=JOIN_WAVE)
    warm(task)

    alerts = [alert for number in range(7) for alert in judged(task, number)]

    assert [(each["kind"], each["subject"], each["count"]) for each in alerts] == [
        ("join_wave", "p2", 3),
        ("join_wave", "p5", 6),
    ]
    assert alerts[0]["reasons"] == ["accounts>=3"]


def test_nobody_counts_unless_the_policy_says_so() -> None:
    task = posts_task()
    warm(task)
    assert [alert for number in range(2000) for alert in judged(task, number)] == []


@pytest.mark.parametrize("age_s", [None, DAY_S, 90 * DAY_S])
def test_accounts_that_are_old_or_of_unknown_age_do_not_count(age_s: float | None) -> None:
    task = posts_task(join_wave=JOIN_WAVE)
    warm(task)
    assert [alert for number in range(20) for alert in judged(task, number, age_s)] == []


def test_a_new_account_that_posts_again_is_no_second_one() -> None:
    task = posts_task(join_wave=JOIN_WAVE)
    warm(task)
    assert [alert for number in range(20) for alert in judged(task, number, author=f"a{number % 2}")] == []


def test_a_redelivery_raises_the_same_alert_again() -> None:
    task = posts_task(join_wave=JOIN_WAVE)
    warm(task)
    first = [judged(task, number) for number in range(3)][2]
    assert [alert["id"] for alert in judged(task, 2)] == [alert["id"] for alert in first]


def test_who_may_have_posted_before_anybody_looked_is_not_new() -> None:
    """After a start, or where a partition comes from another worker, an alarm may come late and is never false."""
    found = Newcomers()

    def is_first(author: int, made_at: float, now: float, partition: int = 0) -> bool:
        return found.is_first(author, f"v{author} {now}", partition, now, now - made_at, 100.0)

    assert not is_first(1, made_at=990.0, now=1000.0)
    assert is_first(2, made_at=1001.0, now=1005.0)
    assert is_first(3, made_at=1010.0, now=1050.0)
    found.hold({0, 1})
    assert is_first(4, made_at=1049.0, now=1051.0), "its partition stayed"
    found.hold({1})
    found.hold({0, 1})
    assert not is_first(5, made_at=1051.0, now=1060.0), "others may have seen its posts meanwhile"
    assert is_first(6, made_at=1061.0, now=1062.0)


def test_of_an_account_one_post_is_the_first() -> None:
    found = Newcomers()
    assert found.is_first(1, "v1", 0, 1000.0, 0.0, 100.0)
    assert not found.is_first(1, "v2", 0, 1000.0, 0.0, 100.0), "though it was sent in the same moment"
    assert not found.is_first(1, "v3", 0, 1001.0, 1.0, 100.0)
    assert found.is_first(1, "v1", 0, 1000.0, 0.0, 100.0), "it came again"


def test_who_was_new_before_accounts_cease_to_be_new_is_forgotten() -> None:
    found = Newcomers()
    for author in range(50):
        assert found.is_first(author, "v", 0, 1000.0 + author, 0.0, 10.0)
    assert len(found) == 11


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "MAX_REMEMBERED", 20)
    found = Newcomers()
    for author in range(500):
        found.is_first(author, "v", 0, 1000.0, 0.0, 10.0)
    assert len(found) == 21


def test_an_account_that_had_to_be_forgotten_is_not_new_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many more came than are remembered: the next post of one of them is no first one."""
    monkeypatch.setattr(newcomers, "MAX_REMEMBERED", 20)
    found = Newcomers()

    def is_first(author: int, now: float) -> bool:
        return found.is_first(author, f"v{author} {now}", 0, now, now - (1000.0 + author), 10_000.0)

    assert all(is_first(author, now=1000.0 + author) for author in range(50))
    assert not is_first(3, now=1060.0)
    assert is_first(61, now=1061.0)
