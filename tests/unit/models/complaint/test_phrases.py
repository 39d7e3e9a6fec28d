"""The notation of phrases: what it matches, and that looking up beginnings loses nothing."""

from collections.abc import Iterable, Mapping

import pytest

from models.complaint import BodyParts
from models.complaint.catalogue import load_catalogue
from models.complaint.finder import PhraseFinder
from models.complaint.phrases import Phrases
from models.complaint.words import ContextWords


def matched(phrase: str, text: str, lang: str = "en") -> list[str]:
    return [text[one.start : one.end] for one in Phrases({"x": {lang: [phrase]}}).find(text)]


@pytest.mark.parametrize(
    ("phrase", "text", "said"),
    [
        ("swell*", "swelling, swollen", ["swelling"]),
        ("numb*", "numbness, numb, number", ["numbness", "numb"]),
        ("stab* him", "stabbed him, stable him", ["stabbed him"]),
        ("heav*", "heavy, heavily, heavier", ["heavy", "heavily"]),
        ("ear* ache", "early ache, ear ache", ["ear ache"]),
        ("ache*", "aching, aches, acher", ["aching", "aches"]),
        ("chest pain", "a chest-pain", ["chest-pain"]),
        ("chest pain", "chest painting", []),
        ("(hit|struck) [his|her] head", "hit head, struck her head", ["hit head", "struck her head"]),
        ("[very|so] tired", "so tired and tired", ["so tired", "tired"]),
        ("find [a] [big] bone", "find a big bone, find bone", ["find a big bone", "find bone"]),
        ("pain .. [in] [the] chest", "pain right in the chest, pain chest", ["pain right in the chest", "pain chest"]),
        ("feel + [the] cord", "feel a bit of the cord", ["feel a bit of the cord"]),
        ("took .. pills", "took all of her pills, took the day off and then two pills", ["took all of her pills"]),
        ("throat + swell*", "swelling of the throat; throat swells", ["swelling of the throat", "throat swells"]),
        ("throat + swell*", "throat fine, swelling gone", []),
        ("pain .. chest", "pain but no chest", []),
        ("# days", "3 days, 12 days", ["3 days", "12 days"]),
        ("## pills", "2 pills, 20 pills", ["20 pills"]),
        ("can't walk", "cant walk, can't walk", ["cant walk", "can't walk"]),
        ("colo(u|)r", "color colour", ["color", "colour"]),
    ],
)
def test_english(phrase: str, text: str, said: list[str]) -> None:
    assert matched(phrase, text) == said


@pytest.mark.parametrize(
    ("phrase", "text", "said"),
    [
        ("(头|脑袋)..疼", "头有点疼，脑袋疼", ["头有点疼", "脑袋疼"]),
        ("头..疼", "头晕，肚子疼", []),
        ("嘴(角)?歪", "嘴歪嘴角歪", ["嘴歪", "嘴角歪"]),
        ("[三四2-9]楼", "三楼5楼一楼", ["三楼", "5楼"]),
        ("(?<!现)病史", "现病史病史", ["病史"]),
    ],
)
def test_chinese(phrase: str, text: str, said: list[str]) -> None:
    assert matched(phrase, text, "zh") == said


@pytest.mark.parametrize(
    ("lang", "phrase"),
    [("en", "a (b"), ("en", "a .. [b]"), ("zh", "(头"), ("zh", "头+"), ("zh", "[头].*"), ("zh", "头{2,}")],
)
def test_a_phrase_that_cannot_be_read_is_named(lang: str, phrase: str) -> None:
    with pytest.raises(ValueError, match="x: the phrase"):
        Phrases({"x": {lang: [phrase]}}).check()


def test_every_phrase_that_ships_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are compiled when they are first tried, so a start does not tell."""
    made: list[Phrases] = []
    add = Phrases.__init__

    def told(self: Phrases, said: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
        add(self, said)
        made.append(self)

    monkeypatch.setattr(Phrases, "__init__", told)
    PhraseFinder(load_catalogue(), ContextWords.load())
    BodyParts.load()
    assert len(made) == 4
    for phrases in made:
        phrases.check()
