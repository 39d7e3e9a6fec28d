"""What of a text is read: all of it, windows of a long one, and no unknown words."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.serving.encoder import Encoder
from models.serving.reader import Reader
from models.serving.reading import Reading
from models.serving.windows import windows

THAI = "สวัสดีตอนเช้า วันนี้อากาศดีมาก"


@pytest.fixture(scope="module")
def reader(encoder: Encoder) -> Reader:
    return Reader(encoder, max_windows=4)


def read(reader: Reader, text: str, start: int = 0) -> list[Reading]:
    way = Reading(text, range(len(text) - start), start)
    reader.encode([way])
    return reader.refined(way)


@given(st.lists(st.integers(1, 120), min_size=1, max_size=60), st.integers(20, 90), st.integers(2, 12))
def test_windows_cover_a_text_from_end_to_end(lengths: list[int], width: int, most: int) -> None:
    text = " ".join("w " * (length - 1) + "w." for length in lengths)
    places = [match.span() for match in re.finditer(r"\w", text)]
    found = windows(text, places, width, width // 4, 1000)
    assert found[0][0] == 0
    assert found[-1][1] == places[-1][1]
    assert all(len(re.findall(r"\w", text[first:last])) <= width for first, last in found)
    assert all(following <= last + 3 for (_, last), (following, _) in pairwise(found))
    fewer = windows(text, places, width, width // 4, most)
    assert len(fewer) == min(most, len(found))
    assert (fewer[0], fewer[-1]) == (found[0], found[-1])


def test_a_window_begins_and_ends_with_sentences_and_shares_one() -> None:
    text = "one two three. four five! 六七八。 nine ten"
    places = [match.span() for match in re.finditer(r"[a-z]+|[\u4e00-\u9fff]", text)]
    found = [text[first:last] for first, last in windows(text, places, 5, 3, 10)]
    assert found == ["one two three. four five", "four five! 六七八", "六七八。 nine ten"]


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
    assert read(reader, "好我好好我好はですねましょうのでがいい") == []


def test_chinese_beside_japanese_is_read(reader: Reader) -> None:
    (part,) = read(reader, "你我傻。はですねましょうのでがいい")
    assert part.text == "你我傻"


def test_a_short_sentence_between_unknown_words_is_read(reader: Reader) -> None:
    (part,) = read(reader, f"{THAI}. you idiot. {THAI}")
    assert "you idiot" in part.text


def test_of_a_very_long_text_more_is_skimmed_than_read(encoder: Encoder) -> None:
    text = "a day . " * 2000
    read_alone = read(Reader(encoder, max_windows=4), text)
    parts = read(Reader(encoder, max_windows=4, skims=True), text)
    assert len(parts) == 3 * len(read_alone) == 12
    assert [part.is_skimmed for part in (parts[0], parts[1], parts[-1])] == [False, True, False]
    assert sum(not part.is_skimmed for part in parts) == 4
    assert not any(part.is_skimmed for part in read_alone)


def test_nothing_is_skimmed_of_a_text_that_can_be_read(encoder: Encoder) -> None:
    parts = read(Reader(encoder, max_windows=24, skims=True), "a day . " * 100)
    assert len(parts) > 1
    assert not any(part.is_skimmed for part in parts)


def test_no_complaint_is_skimmed(encoder: Encoder) -> None:
    head = "age 60 | complaint: "
    parts = read(Reader(encoder, max_windows=4, skims=True), head + "cough and fever . " * 400, start=len(head))
    assert [part.is_skimmed for part in parts] == [False] * 4


def test_what_is_skimmed_answers_for_no_post_with_the_same_words() -> None:
    one, other = Reading("a day", range(5)), Reading("a day", range(5), is_skimmed=True)
    assert one.content_key != other.content_key
