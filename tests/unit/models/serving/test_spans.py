"""Toxic tokens to ranges of the text as it was sent, in code points."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.serving.reading import Reading
from models.serving.spans import marked, toxic_spans
from models.serving.types import Encoding, Scores
from models.text import normalise


def spans(text: str, toxic: set[str], split: str = r"\s*\S+") -> list[str]:
    """What is marked of `text` when the tokens in `toxic` are toxic; tokens carry the space before them."""
    clean = normalise(text)
    tokens = [match.span() for match in re.finditer(split, clean.text)]
    offsets = np.array([(0, 0), *tokens, (0, 0)], np.int32)
    marked = [clean.text[start:end].strip() in toxic for start, end in tokens]
    probabilities = np.array([0.9, *[0.5 if each else 0.4999 for each in marked], 0.9])
    found = toxic_spans(probabilities, offsets, clean.text, clean.offsets, 0.5)
    return [text[start:end] for start, end in found]


def test_tokens_that_touch_or_are_apart_by_space_become_one() -> None:
    assert spans("you utter  fool , you", {"utter", "fool"}) == ["utter  fool"]
    assert spans("fool and fool", {"fool"}) == ["fool", "fool"]


def test_space_at_the_edges_does_not_belong() -> None:
    assert spans("you fool now", {"fool"}) == ["fool"]


def test_invisible_marks_inside_are_covered() -> None:
    assert spans("you f\u200bo\u200bo\u200bl now", {"fool"}) == ["f\u200bo\u200bo\u200bl"]
    assert spans("\u202eyou fool", {"fool"}) == ["fool"]


def test_emoji_count_as_code_points() -> None:
    text = "😀😀 you fool 😀"

    assert spans(text, {"fool"}) == ["fool"]
    assert text.index("fool") == 7, "9 in UTF-16 units"


def test_what_follows_a_masked_link_is_found_at_its_place() -> None:
    assert spans("see https://example.com/a/long/path?x=1 you fool", {"fool"}) == ["fool"]


@pytest.mark.parametrize("piece", ["[", "[URL", "URL", "]"])
def test_a_masked_link_is_covered_as_a_whole(piece: str) -> None:
    text = "see https://example.com/path now"
    clean = normalise(text)
    start = clean.text.index(piece)
    offsets = np.array([(start, start + len(piece))], np.int32)

    ((first, last),) = toxic_spans(np.array([1.0]), offsets, clean.text, clean.offsets, 0.5)

    assert text[first:last] == "https://example.com/path"


@pytest.mark.parametrize("text", ["{} now", "see {}", "{}", "see {} {}", "({} )"])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_mask_is_covered_wherever_it_stands_and_whatever_of_it_is_marked(text: str, width: int) -> None:
    links = ("https://example.com/path", "http://b.example/")
    sent = text.format(*links)
    clean = normalise(sent)
    mask = clean.text.index("[URL]")
    for start in range(mask, mask + 6 - width):
        offsets = np.array([(start, start + width)], np.int32)
        ((first, last),) = toxic_spans(np.array([1.0]), offsets, clean.text, clean.offsets, 0.5)
        assert sent[first:last] == links[0]


def test_what_touches_a_mask_is_not_covered_with_it() -> None:
    sent = "ab https://example.com/path cd"
    clean = normalise(sent)
    for word in ("ab", "cd"):
        start = clean.text.index(word)
        ((first, last),) = toxic_spans(
            np.array([1.0]), np.array([(start, start + 2)], np.int32), clean.text, clean.offsets, 0.5
        )
        assert sent[first:last] == word


def test_chinese() -> None:
    assert spans("你 真是个 笨蛋 啊", {"笨蛋"}) == ["笨蛋"]
    assert spans("你真是个笨蛋啊", {"笨", "蛋"}, split=".") == ["笨蛋"]


def test_special_tokens_are_never_marked() -> None:
    assert spans("all is well", set()) == []


def test_what_stands_before_the_clean_text_is_never_marked() -> None:
    before = len("age 4 | complaint: ")

    assert toxic_spans(np.array([1.0]), np.array([(19, 23)], np.int32) - before, "fool", range(4), 0.5) == [(0, 4)]
    assert toxic_spans(np.array([1.0]), np.array([(0, 3)], np.int32) - before, "fool", range(4), 0.5) == []


def reading(text: str, start: int, toxic: set[str]) -> Reading:
    """A part that begins at `start` of what was sent, with its answer."""
    tokens = [match.span() for match in re.finditer(r"\S+", text)]
    probabilities = np.array([float(text[first:last] in toxic) for first, last in tokens])
    encoding = Encoding(np.ones(len(tokens), np.int32), np.array(tokens, np.int32))
    scores = Scores("v", degraded=False, heads={"spans": probabilities})
    return Reading(text, range(start, start + len(text)), 0, encoding, scores)


def test_what_several_parts_mark_is_one_list_in_order_and_apart() -> None:
    """Parts overlap, and a text may be read in two ways."""
    whole = "utter fool you are a fool and more of a fool here"
    later = reading(whole[16:], 16, {"fool", "of"})
    first = reading(whole[:20], 0, {"utter", "fool", "are"})
    inner = reading(whole[21:25], 21, {"fool"})
    cut = reading(whole[6:8], 6, {"fo"})

    ranges = marked([later, first, inner, cut], 0.5)

    assert [whole[start:end] for start, end in ranges] == ["utter fool", "are", "fool", "of", "fool"]
    touching = [reading("foo", 0, {"foo"}), reading("l", 3, {"l"}), reading("!", 5, {"!"})]
    assert marked(touching, 0.5) == [(0, 4), (5, 6)]
    assert marked([reading("fool", 0, {"fool"}), reading("fool", 0, {"fool"})], 0.5) == [(0, 4)]


def test_a_part_without_an_answer_marks_nothing() -> None:
    unread = Reading("fool", range(4))
    early = reading("fool", 0, {"fool"})
    early.scores = Scores("v", degraded=True, is_early=True)
    assert marked([unread, early], 0.5) == []
    assert marked([unread, reading("fool", 9, {"fool"})], 0.5) == [(9, 13)]


@given(st.text(st.sampled_from("ab 蛋\u200b😀\u202e\t.@"), max_size=40), st.data())
def test_spans_are_ordered_apart_and_inside(text: str, data: st.DataObject) -> None:
    clean = normalise(text)
    tokens = [match.span() for match in re.finditer(r"\s*.", clean.text)]
    probabilities = np.array(
        data.draw(st.lists(st.sampled_from([0.1, 0.9]), min_size=len(tokens), max_size=len(tokens)))
    )
    offsets = np.array(tokens, np.int32).reshape(-1, 2)

    found = toxic_spans(probabilities, offsets, clean.text, clean.offsets, 0.5)

    before = -1
    for start, end in found:
        assert before < start < end <= len(text)
        before = end
