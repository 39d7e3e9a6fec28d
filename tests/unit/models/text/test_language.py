"""Whose bars a text is judged by. The sentences were written for this test."""

from __future__ import annotations

import pytest

from models.text import identify_language
from models.text.english import is_english, words_of
from models.text.passages import chinese_in

SPANISH = "Hoy hace buen tiempo en la ciudad."
GERMAN = "Heute ist das Wetter schön und wir gehen spazieren."
RUSSIAN = "Сегодня хорошая погода."
JAPANESE = "今日はいい天気ですね。"
KOREAN = "오늘 날씨가 좋네요."
THAI = "สวัสดีตอนเช้า"
FOREIGN = (SPANISH, GERMAN, RUSSIAN, JAPANESE, KOREAN, THAI)
ENGLISH = (
    "They should all be thrown out.",
    "kill yourself",
    "You're dumb.",
    "ur a dumb azz hoe nobody luvs u",
    "what an idiot",
)
CHINESE = ("我想自杀。", "我想自殺。", "去死吧", "我知道你住在哪里，今晚我就来。", "垃圾货滚出去！")


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize(("passage", "lang"), [*((one, "en") for one in ENGLISH), *((one, "zh") for one in CHINESE)])
def test_a_foreign_sentence_takes_no_passage_out_of_reach(passage: str, lang: str, foreign: str) -> None:
    end = "" if passage[-1] in ".。！" else "."
    assert identify_language(f"{passage}{end} {foreign}") == lang
    assert identify_language(f"{foreign} {passage}") == lang


@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_text_in_another_language_stays_one(foreign: str) -> None:
    assert identify_language(foreign) == "other"
    assert identify_language(f"{foreign} {foreign}") == "other"


@pytest.mark.parametrize(
    "text",
    [
        "最高裁判所裁判官は今日の会議を欠席しました。",
        "休みです。東京都知事。そうですか、わかりました。",
        "그는 NATO 사무총장을 만났다.",
        "El presidente llegó a New York el lunes por la tarde.",
        "Der Film heißt Casablanca und läuft heute Abend.",
        "Er sagt: Idiot. Dann geht er nach Hause und schläft.",
    ],
)
def test_names_and_words_of_their_own_make_no_english_or_chinese(text: str) -> None:
    assert identify_language(text) == "other"


def test_the_larger_part_decides_between_english_and_chinese() -> None:
    assert identify_language(f"{KOREAN * 3} 我想自杀。 ok you all") == "zh"
    assert identify_language(f"{KOREAN * 3} 去死吧 They should all be thrown out of here today.") == "en"


@pytest.mark.parametrize(
    "text", ["「send me all your photos」", "“you” said “that” all day", "(you)(are)(all)(so)(late)"]
)
def test_quotes_do_not_stick_to_words(text: str) -> None:
    assert identify_language(text) == "en"


@pytest.mark.parametrize("text", ["😂 idiot", "@maria @juan_perez @luis.gomez idiot", "x = foo(bar)"])
def test_little_text_in_latin_letters_is_judged_as_english(text: str) -> None:
    assert identify_language(text) == "en"


def test_a_hint_does_not_hide_an_english_sentence() -> None:
    assert identify_language(f"you should all die. {SPANISH}", "es") == "en"


def test_known_words_have_to_stand_together() -> None:
    assert is_english(words_of("kontakt zur South China Morning Post"))
    assert not is_english(words_of("die Band kommt a la carte per Bahn"))
    assert is_english(words_of("it's that’s"))


def test_characters_that_japanese_does_not_write_are_chinese() -> None:
    assert chinese_in("終了しました。最高裁判所裁判官。") == 0
    assert chinese_in("杀了你") == 3
    assert chinese_in("ありがとう我想自殺ありがとう") == 4
