"""Spelling changes while training: which rows, which texts, and where their spans go."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.augmentation.lexicons import Lexicons
from models.examples import Example, Intervals, move_spans
from models.text import content_hash, normalise
from models.training.augment import Augmenter

LEXICONS = Lexicons(homophones={"你": "尼泥", "好": "郝"}, lookalikes={"人": "入"}, decompositions={"好": "女子"})
TEXTS = st.one_of(
    st.lists(st.sampled_from(("you", "idiot,", "[URL]", "are", "Moron!", "2", "😂", "@bob")), min_size=1).map(" ".join),
    st.lists(st.sampled_from(("你好", "垃圾", "，", "[URL]", "傻逼", "人", "ok")), min_size=1).map("".join),
)


def make_example(text: str, task: str = "post", lang: str = "en", spans: Intervals | None = None) -> Example:
    return Example(text, lang, "open", "A", task, spans=spans)


@given(TEXTS, st.sampled_from(("en", "zh")), st.integers(0, 1000))
def test_what_comes_out_is_what_serving_reads(text: str, lang: str, seed: int) -> None:
    example = make_example(text, lang=lang)
    result = Augmenter(1.0, frozenset(), LEXICONS)(example, random.Random(seed))
    assert result is example or normalise(result.text).text == result.text


@given(TEXTS, st.sampled_from(("en", "zh")), st.integers(0, 300))
def test_blocked_texts_never_come_out(text: str, lang: str, seed: int) -> None:
    example = make_example(text, lang=lang)
    free = Augmenter(1.0, frozenset(), LEXICONS)(example, random.Random(seed))
    blocked = frozenset({content_hash(free.text)})
    again = Augmenter(1.0, blocked, LEXICONS)(example, random.Random(seed))
    assert again is example


def test_a_text_that_is_blocked_without_its_placeholders_does_not_come_out() -> None:
    blocked = frozenset({content_hash("HELLO FRIEND")})
    augmenter = Augmenter(1.0, blocked, LEXICONS, ["case"])
    example = make_example("hello friend [URL]")
    assert all(augmenter(example, random.Random(seed)) is example for seed in range(30))


def test_other_tasks_and_the_share_of_zero_are_left_alone() -> None:
    for share, example in (
        (1.0, make_example("I have a bad cough", task="condition")),
        (1.0, make_example("chest pain", task="urgency")),
        (0.0, make_example("hello idiot")),
    ):
        assert Augmenter(share, frozenset(), LEXICONS)(example, random.Random(1)) is example


@given(st.integers(0, 2000))
def test_spans_cover_the_same_word(seed: int) -> None:
    """`case` and `repeat` change no letter's place among the others."""
    text = "so you moron of a man"
    augmenter = Augmenter(1.0, frozenset(), LEXICONS, ["case", "repeat"])
    result = augmenter(make_example(text, "spans", spans=((7, 12),)), random.Random(seed))
    assert result.spans is not None
    (start, end), *others = result.spans
    assert not others
    assert set(result.text[start:end].lower()) == set("moron")
    assert result.text[start - 1] == result.text[end] == " "


@given(TEXTS, st.sampled_from(("en", "zh")), st.integers(0, 1000), st.integers(0, 30), st.integers(1, 30))
def test_spans_stay_in_the_text(text: str, lang: str, seed: int, start: int, length: int) -> None:
    spans = ((start, start + length),) if start + length <= len(text) else ()
    result = Augmenter(1.0, frozenset(), LEXICONS)(make_example(text, "spans", lang, spans), random.Random(seed))
    assert result.spans is not None
    assert all(0 <= a < b <= len(result.text) for a, b in result.spans)


def test_spans_move_by_offsets() -> None:
    offsets = [0, 1, 1, 1, 3, 4]
    assert move_spans(((1, 2), (2, 3), (3, 5)), offsets) == ((1, 4), (4, 6))


def test_only_the_kinds_that_were_asked_for() -> None:
    augmenter = Augmenter(1.0, frozenset(), LEXICONS, ["homophone"])
    texts = {augmenter(make_example("你好你好你好", lang="zh"), random.Random(seed)).text for seed in range(40)}
    assert len(texts) > 1
    assert {len(text) for text in texts} == {6}
    english = make_example("hello you")
    assert augmenter(english, random.Random(1)) is english
    with pytest.raises(KeyError):
        Augmenter(1.0, frozenset(), LEXICONS, ["no such kind"])
