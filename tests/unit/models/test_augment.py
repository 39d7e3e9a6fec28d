"""Spelling changes while training."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch")

from models.text import content_hash, fingerprint
from models.training.augment import ENGLISH, Augmenter, change_case, space_out
from models.training.examples import Example


def make_example(text: str, task: str = "post", lang: str = "en") -> Example:
    return Example(text, lang, "open", "A", task)


@given(st.text(min_size=1), st.integers(0, 1000))
def test_no_change_of_spelling_empties_or_crashes(text: str, seed: int) -> None:
    for deform in ENGLISH:
        assert len(deform(text, random.Random(seed))) >= len(text) / 4


@given(st.text(alphabet="abc XYZ", min_size=1), st.integers(0, 1000))
def test_case_and_spacing_keep_the_letters(text: str, seed: int) -> None:
    for deform in (change_case, space_out):
        assert fingerprint(deform(text, random.Random(seed))) == fingerprint(text)


def test_placeholders_stay_whole() -> None:
    for seed in range(50):
        assert "[URL]" in space_out("go to [URL] now", random.Random(seed))


def test_what_augmentation_makes_is_dropped_where_it_is_blocked() -> None:
    example = make_example("hello friend")
    blocked = frozenset({content_hash("HELLO FRIEND")})
    texts = {Augmenter(1.0, blocked, {})(example, random.Random(seed)).text for seed in range(60)}
    assert all(content_hash(text) not in blocked or text == example.text for text in texts)


def test_other_tasks_and_the_share_of_zero_are_left_alone() -> None:
    for augmenter, example in (
        (Augmenter(1.0, frozenset(), {}), make_example("pain", task="condition")),
        (Augmenter(0.0, frozenset(), {}), make_example("hello")),
    ):
        assert augmenter(example, random.Random(1)) is example


def test_homophones_keep_the_length() -> None:
    augmenter = Augmenter(1.0, frozenset(), {"你": "尼泥", "好": "郝"})
    texts = {augmenter(make_example("你好你好你好", lang="zh"), random.Random(seed)).text for seed in range(40)}
    assert len(texts) > 1
    assert {len(text) for text in texts} == {6}
