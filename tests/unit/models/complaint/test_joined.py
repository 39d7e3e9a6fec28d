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


def test_the_likest_passage_counts_once() -> None:
    text = "water on face, water on the face"
    (found,) = joined("water on the face", "sweating").find(text)
    assert text[found.start : found.end] == "water on the face"


@pytest.mark.parametrize(
    ("text", "looks"),
    [("her mother saw it. water on the face", 1), ("her mother saw hemat emesis. water on the face", 2)],
)
def test_the_words_around_are_read_once_for_all_that_is_added(
    text: str, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[str] = []
    words = Context.words

    def reads(self: Context, plain: str) -> list[Found]:
        texts.append(plain)
        return words(self, plain)

    finder = joined("water on the face", "sweating")
    monkeypatch.setattr(Context, "words", reads)
    assert finder.find(text)
    assert len(texts) == looks, "once for the phrases, and once more only where they read a text without its slips"
