"""What of a text is read: all of it, windows of a long one, and no unknown words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.serving.encoder import Encoder
from models.serving.reader import Reader
from models.serving.reading import Reading
from models.serving.windows import OVERLAP, windows

THAI = "สวัสดีตอนเช้า วันนี้อากาศดีมาก"


@pytest.fixture(scope="module")
def reader(encoder: Encoder) -> Reader:
    return Reader(encoder, max_windows=4)


def read(reader: Reader, text: str, start: int = 0) -> list[Reading]:
    way = Reading(text, range(len(text) - start), start)
    reader.encode([way])
    return reader.refined(way)


@given(st.integers(1, 3000), st.integers(80, 260), st.integers(2, 12))
def test_windows_begin_at_the_beginning_end_at_the_end_and_overlap(tokens: int, room: int, most: int) -> None:
    places = [(3 * i, 3 * i + 2) for i in range(tokens)]
    found = windows(places, room, most)
    assert 1 <= len(found) <= most
    assert found[0][0] == 0
    assert found[-1][1] == places[-1][1]
    assert all((last - first) / 3 <= room for first, last in found)
    if len(found) < most:
        for (_, end), (start, _) in zip(found, found[1:], strict=False):
            assert (end - start) / 3 >= OVERLAP - 1


def test_a_short_text_is_one_reading(reader: Reader) -> None:
    (way,) = read(reader, "you are an idiot")
    assert way.text == "you are an idiot"


def test_the_end_of_a_long_text_is_read_and_its_characters_know_their_places(reader: Reader) -> None:
    text = "a day . " * 400 + "you idiot"
    parts = read(reader, text)
    assert len(parts) == 4
    assert parts[-1].text.endswith("you idiot")
    for part in parts:
        assert part.encoding is not None
        assert not part.encoding.is_cut
        assert part.text == "".join(text[offset] for offset in part.offsets)


def test_the_fields_of_a_symptom_record_stand_before_every_window(reader: Reader) -> None:
    head = "age 60 | complaint: "
    parts = read(reader, head + "cough and fever . " * 200, start=len(head))
    assert len(parts) == 4
    assert all(part.text.startswith(head) and part.start == len(head) for part in parts)
    assert all(part.encoding is not None and part.encoding.tokens <= 256 for part in parts)


def test_words_that_nobody_knows_are_not_read(reader: Reader) -> None:
    assert read(reader, THAI) == []
    assert read(reader, f"{THAI} NATO") == []


def test_what_is_known_between_unknown_words_is_read(reader: Reader) -> None:
    text = f"{THAI} you are an idiot {THAI}"
    (part,) = read(reader, text)
    assert "you are an idiot" in part.text
    assert part.text == "".join(text[offset] for offset in part.offsets)


def test_a_few_unknown_words_change_nothing(reader: Reader) -> None:
    text = "i have a headache and a fever and a cough สวัส"
    (part,) = read(reader, text)
    assert part.text == text


def test_han_characters_of_japanese_are_no_chinese(reader: Reader) -> None:
    assert read(reader, "你我好你我好はですねましょうのでがいい") == []
