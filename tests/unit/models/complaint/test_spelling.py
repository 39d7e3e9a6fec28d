"""Slips in words that matter are read as what was meant, and other words stay."""

import pytest

from models.complaint import PhraseFinder
from models.complaint.spelling import Spelling

SPELLING = Spelling(
    ["unconscious", "seizure", "swollen tongue", "vomit* blood", "suicid*", "(can't|cannot) breathe"], ["section"]
)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("unconcious", "unconscious"),
        ("a siezure", "a seizure"),
        ("a seizzure", "a seizure"),
        ("suicdal", "suicidal"),
        ("seizures", "seizures"),
        ("suicidal", "suicidal"),
        ("section", "section"),
        ("sezure\nblood", "seizure\nblood"),
        ("tonge", "tonge"),
        ("seisure", "seisure"),
    ],
)
def test_one_slip_in_a_long_word(said: str, meant: str) -> None:
    assert SPELLING.mend(said).text == meant


def test_a_mention_stands_where_the_slip_stood() -> None:
    text = "found unconcious, had a siezure, hedache"

    places = {one.finding: text[one.start : one.end] for one in PhraseFinder.load().find(text)}

    assert places["unresponsive"] == "unconcious"
    assert places["seizure"] == "siezure"
    assert places["headache"] == "hedache"


def test_a_long_word_in_two_halves() -> None:
    text = "hemat emesis since noon, then uncon scious"

    places = {one.finding: text[one.start : one.end] for one in PhraseFinder.load().find(text)}

    assert places["vomiting_blood"] == "hemat emesis"
    assert places["unresponsive"] == "uncon scious"


def test_two_words_stay_two() -> None:
    assert Spelling(["headache", "hematemesis"], ["hem"]).mend("hem atemesis, a head ache").text == (
        "hem atemesis, a head ache"
    )


def test_a_word_in_either_spelling_is_mended() -> None:
    assert Spelling(["h(ae|e)maturi*"], []).mend("hematuira").text == "hematuria"
