"""Memes: what is drawn, and what counts as equal."""

import pytest

from load.memes import UNREAD, Meme, chosen, figures, interval
from models.augmentation.written import read_written, split_families


def test_texts_are_held_out_short_and_half_of_them_harmful() -> None:
    training, held_out = split_families(read_written())
    harmful = {row.text for row in held_out if row.post is not None and (row.post == 1).any()}

    made = [meme for lang in ("en", "zh") for meme in chosen(lang, 60, seed=1)]

    assert len({one.text for one in made}) == 120
    assert not {one.text for one in made} & {row.text for row in training}
    assert sum(one.text in harmful for one in made) == 60
    assert len({(one.lang, one.style) for one in made}) == 6


def test_equal_false_and_missed_are_counted_apart() -> None:
    def meme(typed: set[str], drawn: set[str]) -> Meme:
        return Meme("t", "en", "s", frozenset(typed), frozenset(drawn))

    found = figures([meme(set(), set()), meme(set(), {"hate"}), meme({"hate"}, set()), meme({"hate"}, {UNREAD})])

    assert found == {"memes": 4, "equal": 1, "clean": 2, "false": 1, "missed": 1, "unread": 1}


def test_the_interval_is_wilsons() -> None:
    assert interval(95, 100) == pytest.approx((0.888, 0.978), abs=0.001)
    assert interval(0, 0) == (0.0, 1.0)
    assert interval(0, 100)[0] == 0.0
