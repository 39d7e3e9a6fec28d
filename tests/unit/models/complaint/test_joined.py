"""Phrases first, and what passages are like where no phrase speaks of it."""

import pytest

from models.complaint import Assertion, JoinedFinder, PhraseFinder
from models.complaint.context import Context
from models.complaint.phrases import Found
from tests.support.alike import alike


def joined(passage: str, finding: str) -> JoinedFinder:
    return JoinedFinder(PhraseFinder.load(), alike(passage, finding), 0.5)


def test_what_no_phrase_says_is_added_with_its_passage() -> None:
    text = "cough, water on the face"
    (cough, sweating) = joined("water on the face", "sweating").find(text)
    assert (cough.finding, cough.is_alike) == ("cough", False)
    assert (sweating.finding, sweating.assertion, sweating.is_alike) == ("sweating", Assertion.PRESENT, True)
    assert text[sweating.start : sweating.end] == "water on the face"


@pytest.mark.parametrize(
    ("text", "passage", "finding"),
    [
        ("not sweating, water on the face", "water on the face", "sweating"),
        ("acne unresponsive to doxycycline", "acne unresponsive to doxycycline", "unresponsive"),
        ("swallows saliva, chin is wet", "chin is wet", "drooling"),
    ],
)
def test_of_what_a_phrase_speaks_nothing_is_added(text: str, passage: str, finding: str) -> None:
    assert joined(passage, finding).find(text) == PhraseFinder.load().find(text)


@pytest.mark.parametrize(
    "text",
    [
        "as a child i had water on the face",
        "her mother had water on the face",
        "in case of water on the face",
        "小时候 water on the face",
    ],
)
def test_the_past_others_and_what_may_be_are_left_to_phrases(text: str) -> None:
    assert not joined(text, "sweating").find(text)


@pytest.mark.parametrize(
    ("text", "is_added"),
    [("never water on the face", False), ("isn't water on the face", False), ("water on the face", True)],
)
def test_a_word_inside_of_a_passage_denies_it(text: str, is_added: bool) -> None:
    assert bool(joined("water on the face", "sweating").find(text)) is is_added


@pytest.mark.parametrize(
    ("text", "finding", "is_there"),
    [
        ("a bump on the head, not sleepy", "drowsy", False),
        ("a bump on the head, sleepy", "drowsy", True),
        ("她嘴唇不紫", "blue_skin", False),
        ("gone in the lift, no answer", "unresponsive", True),
    ],
)
def test_but_not_where_the_word_is_what_it_is_like(text: str, finding: str, is_there: bool) -> None:
    """With the weights that ship."""
    assert (finding in {one.finding for one in JoinedFinder.load().find(text)}) is is_there


def test_the_likest_passage_counts_once() -> None:
    text = "water on face, water on the face"
    (found,) = joined("water on the face", "sweating").find(text)
    assert text[found.start : found.end] == "water on the face"


def test_the_words_around_are_read_once_for_all_that_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []
    words = Context.words

    def reads(self: Context, plain: str) -> list[Found]:
        texts.append(plain)
        return words(self, plain)

    finder = joined("water on the face", "sweating")
    monkeypatch.setattr(Context, "words", reads)
    assert finder.find("her mother saw it. water on the face")
    assert len(texts) == 2, "once for the phrases, whose text is mended, and once for what is added"
