"""Waves that are counted over all workers: what is told of a post, where it goes, and what is counted of it."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from models.pictures.hashing import Fingerprint
from models.pictures.look import Look
from schemas import Sighting
from streams.pictures.seen import Seen
from streams.record import Decision, Outgoing
from streams.tasks.base import Origin
from streams.tasks.posts.author_key import secret_of
from streams.tasks.posts.sightings import KIND, keyed, sign_of
from streams.tasks.posts.task import PostsTask
from tests.unit.streams.tasks.building import WALL_NOW, decided, parts, post_scores

SECRET = secret_of(b"k" * 32)
TEXT = "Hello friend, earn money quickly from home with this trusted method, click below and join us today"
POLICY: dict[str, Any] = {
    "spam_wave": {"authors": 6, "window_s": 600.0, "min_letters": 24, "max_groups": 1000},
    "picture_wave": {"authors": 6, "window_s": 600.0, "max_pictures": 1000},
    "join_wave": {"accounts": 6, "window_s": 600.0, "account_younger_than_s": 86_400.0},
}


def worker(secret: bytes = SECRET, shares_waves: bool = True, state: Path | None = Path("none")) -> PostsTask:
    given = parts(state, posts=POLICY)
    task = PostsTask.build(replace(given, author_state="off", author_secret=secret, shares_waves=shares_waves))
    task._memory.waves.crowds._newcomers._since = dict.fromkeys(range(8), WALL_NOW - 1e6)
    return task


def seen(*hashes: str) -> list[Seen]:
    look = Look("image/png", 640, 480, 1, 1, (Fingerprint(tuple(hashes) * 8, 100),), (), (), False)
    return [Seen(0, "0" * 64, look)]


def judged(task: PostsTask, number: int, text: str = TEXT, partition: int = 0, **how: Any) -> list[Outgoing]:
    """All that leaves with a post of an author of its own."""
    pictures = how.pop("seen", None)
    post = {"id": f"p{number}", "text": text, "author": f"jane.roe.{number}", **how}
    return decided(task, post, post_scores(), b"k", Origin("moderation.posts", partition, number), pictures)


def sightings(leaving: Iterable[Outgoing]) -> list[Outgoing]:
    return [each for each in leaving if each.kind == KIND]


def counted(task: PostsTask, messages: Iterable[Outgoing]) -> list[tuple[str, str, int]]:
    alerts, unused = task.sighted([each.value for each in messages])
    assert unused == 0
    assert {each.kind for each in alerts} <= {"alerts"}
    bodies = [orjson.loads(each.value or b"") for each in alerts]
    return [(each["kind"], each["subject"], each["count"]) for each in bodies]


def test_one_worker_counts_what_the_others_judged_and_those_count_nothing() -> None:
    judging, counting = (worker(), worker()), worker()
    leaving = [each for number in range(12) for each in judged(judging[number % 2], number, partition=number % 2)]

    assert not [each for each in leaving if each.kind == "alerts"], "or the same wave would be told twice"
    told = sightings(leaving)
    assert len(told) == 12
    assert counted(counting, told) == [("spam_wave", "p5", 6), ("spam_wave", "p11", 12)]


@pytest.mark.parametrize("broken", ["ruling", "verdict"])
def test_of_a_post_that_got_no_verdict_nothing_is_told(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a dead letter then, and what leaves with the next verdict is of the next post."""
    judging = worker()

    def fails(*arguments: object) -> None:
        raise LookupError("a defect")

    with monkeypatch.context() as patch:
        if broken == "ruling":
            patch.setattr("streams.policy.judge.Judge.rule", fails)
        else:
            patch.setattr("streams.tasks.posts.task.outputs", fails)
        with pytest.raises(LookupError):
            judged(judging, 1)
    (told,) = sightings(judged(judging, 2))
    assert orjson.loads(told.value or b"")["post_id"] == "p2"


def test_without_the_setting_and_where_nothing_is_kept_each_counts_its_own() -> None:
    for task in (worker(shares_waves=False), worker(state=None)):
        leaving = [each for number in range(6) for each in judged(task, number)]
        assert [each.kind for each in leaving if each.kind != "labels"] == ["alerts"]
        assert task.sighted([b"{}"]) == ([], 1)


def test_an_alert_is_the_one_that_the_worker_itself_would_have_raised() -> None:
    alone, judging, counting = worker(shares_waves=False), worker(), worker()
    (alone_alert,) = [each for n in range(6) for each in judged(alone, n, partition=n) if each.kind == "alerts"]
    (alert,), _ = counting.sighted(
        [each.value for n in range(6) for each in sightings(judged(judging, n, partition=n))]
    )

    assert orjson.loads(alert.value or b"") == orjson.loads(alone_alert.value or b"")
    assert (alert.key, alert.partition) == (alone_alert.key, alone_alert.partition)
    assert alert.decision == Decision("none", "", alerts=[("spam_wave", "high")])


def test_what_comes_again_counts_once_and_raises_the_same_alert_again() -> None:
    judging, counting = worker(), worker()
    told = [each for number in range(6) for each in sightings(judged(judging, number))]
    assert counted(counting, told) == [("spam_wave", "p5", 6)]
    assert counted(counting, told[:5]) == []
    assert counted(counting, told[5:]) == [("spam_wave", "p5", 6)]


def test_a_worker_that_reads_it_all_again_goes_on_where_the_one_before_was() -> None:
    judging, successor = worker(), worker()
    told = [each for number in range(9) for each in sightings(judged(judging, number))]
    successor.sighted([each.value for each in told])  # nobody is told of it once more

    more = [each for number in range(9, 14) for each in sightings(judged(judging, number))]
    assert counted(successor, more) == [("spam_wave", "p11", 12)]


def test_copies_go_to_one_place_and_near_copies_mostly_do() -> None:
    chance, judging = random.Random(3), worker()
    variants = []
    for _ in range(200):
        words = TEXT.split()
        words[chance.randrange(len(words))] = chance.choice(
            ("amazing", "brother", "sister", "weekend", "fantastic", "really")
        )
        variants.append(" ".join(words))
    (home,) = {each.partition for number in range(20) for each in sightings(judged(judging, number))}
    (other,) = {each.partition for each in sightings(judged(worker(), 20, TEXT + "!!!"))}
    places = [
        each.partition for number, text in enumerate(variants) for each in sightings(judged(judging, number, text))
    ]

    assert home == other
    assert places.count(home) > 150
    assert all(place >= 0 for place in places)


def test_a_short_text_goes_where_its_copies_go() -> None:
    judging = worker()
    texts = ("Buy golden watches today for nearly free", "buy golden wat ches today, for nearly free!")
    one, other = (sightings(judged(judging, 1, text)) for text in texts)
    assert one[0].partition == other[0].partition


def test_hashes_are_the_same_in_every_process() -> None:
    """Python's own are not."""
    program = "from streams.tasks.posts.sightings import keyed; print(keyed(b'k' * 32)('money'))"
    found = {subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout for _ in range(2)}
    assert found == {b"%d\n" % keyed(b"k" * 32)("money")}
    assert keyed(b"j" * 32)("money") != keyed(b"k" * 32)("money")


def test_pictures_of_all_workers_are_counted_in_one_place() -> None:
    judging, counting = (worker(), worker()), worker()
    chance = random.Random(5)
    told = []
    for number in range(6):
        shown = int("0f" * 32, 16) ^ sum(1 << bit for bit in chance.sample(range(256), 12))
        leaving = judged(judging[number % 2], number, f"number {number}", seen=seen(f"{shown:064x}"))
        told += sightings(leaving)

    assert len({each.partition for each in told}) == 1
    assert counted(counting, told) == [("picture_wave", "p5", 6)]


def test_new_accounts_of_all_workers_are_counted_in_one_place() -> None:
    judging, counting = (worker(), worker()), worker()
    since = datetime.fromtimestamp(WALL_NOW - 60, UTC).isoformat()
    told = []
    for number in range(6):
        first = sightings(judged(judging[number % 2], number, f"number {number}", author_since=since))
        again = sightings(judged(judging[number % 2], number, f"again {number}", author_since=since))
        assert (len(first), len(again)) == (1, 0), "only what is a first post is told"
        told += first

    assert len({each.partition for each in told}) == 1
    assert counted(counting, told) == [("join_wave", "p5", 6)]


def test_what_is_told_holds_no_text_and_names_nobody() -> None:
    (message,) = sightings(judged(worker(), 7, "a telephone that nobody wants to have: call jane.roe.7 quickly today"))
    said = (message.key or b"") + (message.value or b"")
    assert not any(word in said for word in (b"telephone", b"nobody", b"jane", b"quickly"))
    sighting = Sighting.model_validate_json(message.value or b"")
    assert orjson.loads(message.value or b"") == orjson.loads(sighting.model_dump_json()) | {
        "sent_at": sighting.sent_at.isoformat()
    }


def test_what_was_told_is_what_was_seen() -> None:
    judging = worker()
    leaving = judged(judging, 1, seen=seen("0f" * 32))
    kinds = {Sighting.model_validate_json(each.value or b"").kind: each for each in sightings(leaving)}
    assert set(kinds) == {"text", "picture"}
    text = sign_of(Sighting.model_validate_json(kinds["text"].value or b"")).sketch
    assert (len(text.keys), len(text.smallest)) == (5, 15)
    assert list(text.smallest) == sorted(text.smallest)
    assert sign_of(Sighting.model_validate_json(kinds["picture"].value or b"")).prints[0].hashes == ("0f" * 32,) * 8


@pytest.mark.parametrize(
    "damage", [lambda _: None, lambda value: value[:-1], lambda value: value.replace(b'"keys"', b'"k"')]
)
def test_what_is_damaged_or_told_under_another_key_counts_for_nothing(damage: Any) -> None:
    counting = worker()
    good = [each.value for number in range(6) for each in sightings(judged(worker(), number))]
    foreign = [each.value for each in sightings(judged(worker(secret_of(b"another")), 7))]

    alerts, unused = counting.sighted([*good[:5], *map(damage, good), *foreign, good[5]])

    assert (len(alerts), unused) == (1, 7)


def test_what_a_newer_worker_says_more_of_counts() -> None:
    told = [each.value or b"" for number in range(6) for each in sightings(judged(worker(), number))]
    alerts, unused = worker().sighted([orjson.dumps(orjson.loads(value) | {"added": 1}) for value in told])

    assert (len(alerts), unused) == (1, 0)


def test_posts_without_author_and_greetings_tell_nothing() -> None:
    judging = worker()
    assert sightings(judged(judging, 1, "good morning")) == []
    assert sightings(decided(judging, {"id": "p", "text": TEXT}, post_scores(), None, None)) == []


@pytest.mark.parametrize(
    "change", [{"prints": [[]]}, {"prints": [["0f" * 32] * 7]}, {"sent_at": "0001-01-01T00:00:00"}]
)
def test_what_no_worker_writes_is_no_sighting(change: dict[str, Any]) -> None:
    """Whoever counts would end with it, and after him whoever reads it next."""
    whole = {
        "kind": "picture", "author": "0" * 14, "key_check": "k", "sent_at": "2026-01-01T00:00:00Z", "post_id": "p",
        "verdict_id": "v", "source": None, "keys": "", "words": "", "prints": [["0f" * 32] * 8], "schema_version": 1,
    }  # fmt: skip
    Sighting.model_validate(whole)
    with pytest.raises(ValidationError):
        Sighting.model_validate(whole | change)
