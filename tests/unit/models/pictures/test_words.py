"""Lines of OCR become texts as somebody would have typed them."""

from __future__ import annotations

import pytest
from PIL import Image

from models.pictures.words import Box, Line, as_typed, blocks, sentences, words_in
from tests.support.drawn import meme


def line(text: str, top: float, left: float = 0.1, right: float = 0.9, height: float = 0.1, sure: float = 0.99) -> Line:
    return Line(text, Box(left, top, right, top + height), sure)


def test_lines_below_one_another_are_one_block_and_a_caption_far_off_is_another() -> None:
    found = blocks([line("at the bottom", 0.85), line("one", 0.05), line("two", 0.17)])
    assert [[one.text for one in block] for block in found] == [["one", "two"], ["at the bottom"]]


def test_two_speech_bubbles_side_by_side_stay_apart() -> None:
    found = blocks(
        [line("left one", 0.1, 0.05, 0.3), line("right one", 0.1, 0.7, 0.95), line("left two", 0.22, 0.05, 0.3)]
    )
    assert sorted([one.text for one in block] for block in found) == [["left one", "left two"], ["right one"]]


def test_small_print_below_a_headline_is_a_block_of_its_own() -> None:
    assert len(blocks([line("HEADLINE", 0.1, height=0.2), line("small print", 0.32, height=0.03)])) == 2


def test_a_caption_above_and_below_is_one_sentence_and_two_bubbles_are_two() -> None:
    def texts(*lines: Line) -> list[list[str]]:
        return [[one.text for one in block] for block in sentences(blocks(lines))]

    assert texts(line("he is a", 0.05), line("fraud", 0.85, 0.4, 0.6)) == [["he is a", "fraud"]]
    assert texts(line("hello", 0.05, 0.1, 0.4), line("fraud", 0.85, 0.6, 0.9)) == [["hello"], ["fraud"]]
    assert texts(line("HEADLINE", 0.05, height=0.2), line("small", 0.85, height=0.05)) == [["HEADLINE"], ["small"]]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["MY CAT JUDGING", "ME AT 3 AM"], "My cat judging me at 3 am"),
        (['I SAID NO. "STAY', 'AWAY", I SAID', "AND I'M DONE"], 'I said no. "Stay away", I said and I\'m done'),
        (["ALL OF IT, I.E.", "THE WI-FI"], "All of it, i.e. the wi-fi"),
        (["Dear NASA, we", "love you"], "Dear NASA, we love you"),
        (["NASA"], "NASA"),
        (["今天天气真", "好啊"], "今天天气真好啊"),
        (["东西收拾好了，", "今晚就走"], "东西收拾好了，今晚就走"),
        (["我喜欢", "Python 3"], "我喜欢 Python 3"),
    ],
)
def test_lines_are_joined_as_they_would_be_typed(lines: list[str], text: str) -> None:
    assert as_typed(lines) == text


def test_a_mirrored_text_is_read_in_the_mirror() -> None:
    asked: list[Image.Image] = []

    def read(image: Image.Image) -> list[Line]:
        asked.append(image)
        return (
            [line("loof a era uoy", 0.1, 0.1, 0.4, sure=0.6)]
            if len(asked) == 1
            else [line("you are a fool", 0.1, 0.6, 0.9)]
        )

    (found,) = words_in(meme(["x"]), read)
    assert found.text == "you are a fool"
    assert (round(found.box.left, 3), round(found.box.right, 3)) == (0.1, 0.4)
    assert len(asked) == 2


def test_what_is_read_surely_is_read_once() -> None:
    asked = []

    def read(image: Image.Image) -> list[Line]:
        asked.append(image)
        return [line("hello", 0.1)]

    assert [one.text for one in words_in(meme(["x"]), read)] == ["hello"]
    assert len(asked) == 1
