"""Waves of near-equal pictures across authors, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

import streams.tasks.posts.picture_waves
from models.pictures.errors import NotLooked
from models.pictures.hashing import MIN_QUALITY, Fingerprint, fingerprint
from models.pictures.look import Look
from streams.pictures.known import Known, Match
from streams.pictures.seen import Seen
from streams.policy.file import PictureWavePolicy
from streams.tasks.posts.picture_waves import PictureWaves, new_pictures
from tests.support.drawn import scene
from tests.unit.streams.tasks.building import decide, post_scores, posts_task


def waves(authors: int = 5, window_s: float = 600.0, max_pictures: int = 100) -> PictureWaves:
    return PictureWaves(PictureWavePolicy(authors=authors, window_s=window_s, max_pictures=max_pictures))


def drawn_print(seed: int, changed_bits: int = 0) -> Fingerprint:
    """Half of a hash are ones. The eight orientations are eight hashes of their own."""
    hashes = []
    for orientation in range(8):
        chance = random.Random(f"{seed} {orientation}")
        ones = set(chance.sample(range(256), 128))
        ones ^= set(chance.sample(range(256), changed_bits))
        hashes.append(f"{sum(1 << one for one in ones):064x}")
    return Fingerprint(tuple(hashes), 100)


def send(found: PictureWaves, prints: Sequence[Fingerprint], first_author: int = 1, step_s: float = 1.0) -> list[int]:
    counts = (
        found.add([one], first_author + i, f"v{first_author + i}", 1e9 + i * step_s) for i, one in enumerate(prints)
    )
    return [count for count in counts if count is not None]


def test_an_alert_at_the_bar_and_at_each_doubling() -> None:
    assert send(waves(), [drawn_print(1)] * 25) == [5, 10, 20]


def test_pictures_up_to_31_bits_apart_are_one_and_others_are_not() -> None:
    assert send(waves(), [drawn_print(1), *[drawn_print(1, bits) for bits in (5, 20, 31, 31)]]) == [5]
    assert send(waves(), [drawn_print(1), *[drawn_print(1, bits) for bits in (5, 20, 31, 32)]]) == []
    assert send(waves(), [drawn_print(seed) for seed in range(40)]) == []


def test_a_turned_picture_is_the_same_one() -> None:
    turned = Fingerprint(tuple(reversed(drawn_print(1).hashes)), 100)
    assert send(waves(), [drawn_print(1), turned] * 3) == [5]


def test_one_author_is_one_however_often() -> None:
    found = waves()
    assert [found.add([drawn_print(1)], 7, f"v{n}", 1e9 + n) for n in range(30)] == [None] * 30


def test_a_redelivery_raises_the_same_alert_again() -> None:
    found = waves()
    assert send(found, [drawn_print(1)] * 5) == [5]
    assert found.add([drawn_print(1)], 5, "v5", 1e9 + 4) == 5


def test_authors_of_before_the_window_do_not_count() -> None:
    assert send(waves(window_s=600), [drawn_print(1)] * 20, step_s=151) == []


def test_a_picture_that_nobody_showed_for_a_window_is_forgotten() -> None:
    found = waves(window_s=600)
    send(found, [drawn_print(seed) for seed in range(30)])
    assert len(found) == 30
    found.add([drawn_print(99)], 1, "v", 1e9 + 2000)
    assert len(found) == 1


def test_memory_is_bounded_and_what_was_seen_last_stays() -> None:
    found = waves(max_pictures=50)
    send(found, [drawn_print(seed) for seed in range(300)], step_s=0.1)
    assert len(found) == 50
    assert send(found, [drawn_print(299)] * 4, first_author=1000) == [5]
    assert send(found, [drawn_print(0)] * 4, first_author=2000) == []
    assert len(found._words) <= 1024


def test_of_all_groups_together_no_more_authors_are_remembered_than_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams.tasks.posts.picture_waves, "MAX_REMEMBERED", 100)
    found = waves()
    for seed in range(3):
        send(found, [drawn_print(seed)] * 40, first_author=100 * seed, step_s=0.1)
    assert len(found) == 2
    assert send(found, [drawn_print(0)] * 5, first_author=900, step_s=0.1) == [5], "it was forgotten and begins anew"


def test_another_policy_keeps_what_is_remembered() -> None:
    found = waves(authors=50)
    assert send(found, [drawn_print(1)] * 10) == []
    found.adopt(PictureWavePolicy(authors=12, window_s=600, max_pictures=1))
    assert send(found, [drawn_print(1)] * 40, first_author=100) == [12, 24, 48]
    send(found, [drawn_print(seed) for seed in range(5)])
    assert len(found) == 1


def seen(print_: Fingerprint, number: int = 0, known: Match | None = None) -> Seen:
    return Seen(number, "0" * 64, Look("image/png", 640, 480, 1, 1, (print_,), (), (), False), known)


def test_what_is_known_unread_or_tells_nothing_is_no_news() -> None:
    listed = Match(Known("0" * 64, "logo", "allow", None), 3)
    blank = Fingerprint(drawn_print(2).hashes, MIN_QUALITY - 1)
    pictures = [
        seen(drawn_print(1)),
        seen(blank),
        seen(drawn_print(3), known=listed),
        Seen(3, refused=NotLooked.DAMAGED),
    ]
    assert new_pictures(pictures) == [drawn_print(1)]
    assert new_pictures(None) == []


def test_a_wave_is_told_with_the_post_and_no_action_changes() -> None:
    task = posts_task(picture_wave={"authors": 3, "window_s": 600, "max_pictures": 100})
    alerts = []
    for number in range(5):
        shown = scene(seed=1).resize((640 - 40 * number, 480 - 30 * number))
        post = {"id": f"p{number}", "text": "look", "author": f"a{number}"}
        verdict, outputs = decide(task, post, post_scores(), seen=[seen(fingerprint(shown))])
        alerts += [body for kind, _, body in outputs if kind == "alerts"]
        assert verdict["action"] == "allow"

    (alert,) = alerts
    assert (alert["kind"], alert["subject"], alert["count"]) == ("picture_wave", "p2", 3)
    assert alert["reasons"] == ["authors>=3"]
