"""Phrases that people can read and write, as patterns that are tried only where one of them can begin.

The notation stands at the head of findings.toml. Every repetition is bounded, so a text takes a time in proportion to
its length.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, lru_cache
from itertools import chain
from typing import Final, NamedTuple

from models.complaint.beginnings import beginnings

_IS: Final = r"(?:\x27s)?"  # "neck's stiff", of which no apostrophe may be missing: "necks" is another word
_SEPARATOR: Final = rf"{_IS}[ -]{{1,2}}"
_ENDS_SCOPE: Final = "(?:no|none|nil|not|nor|but|without|den(?:y|ies|ied)|never|however)"  # these are never in between
_LOOSE: Final = rf"{_IS}(?:[ -]{{1,2}}| ?[()] ?)"
_BETWEEN: Final = rf"{_LOOSE}(?:(?!{_ENDS_SCOPE}[ ()-])[a-z0-9'%/]++{_LOOSE})"
_GAP, _NEAR = f"{_BETWEEN}{{0,4}}", f"{_BETWEEN}{{0,5}}"
_NO_DENIAL: Final = (  # in between it only says how; [pseudo] of context.toml has these and more
    "不(?:[停住断时]|间断|定时|由自主|自觉|自主|受控制?|对称|对劲|规则|规律|太?正常|明原因|是一般)|没来由"
)
_CHINESE_ANY: Final = rf"(?:[^，。；：、！？,.;:!?\n不没無无未唔冇]|{_NO_DENIAL})"  # of what may be in between
_NUMERAL: Final = "]{1,6}"
_UNBOUNDED: Final = re.compile(r"[^\]]\+|\*|,\}")
_WORD: Final = re.compile(r"[a-z0-9]+|[^\x00-\x7f]")
_STEM: Final = re.compile(r"([a-z']+)\*")
_SHORT_STEM: Final = 4  # letters: after fewer, any ending would make other words of it ("numb", "number")
_SHORT_E: Final = re.compile(r"(?<![a-z'])([a-z']{1,3})e\*")  # its last letter may be missing: "ache", "aching"
_ENDINGS: Final = "s|es|ed|ied|ies|ing|ings|y|ily|e|en|ness|iness|ful|fully|ure|ures"
_LEFT_OUT: Final = r"(?:(?:\1) )?"
_EN, _ZH = 4, 2  # characters of a beginning that are looked up, at most
_REMEMBERED: Final = 2**14  # beginnings of words; texts share most of theirs, and looking one up takes four looks


class Found(NamedTuple):
    """A phrase of something, and its place."""

    name: str
    start: int
    end: int


class Phrase:
    """One way of saying something, in one order.

    Its pattern is compiled when it is first tried: all 3,000 take more than a second, which every start of a process
    would wait for, and a text meets some forty that it has not met before.
    """

    def __init__(self, name: str, said: str, source: str) -> None:
        self.name = name
        self._said = said
        self._source = source

    @cached_property
    def match(self) -> Callable[[str, int], re.Match[str] | None]:
        """Matches from a place on.

        Raises:
            ValueError: the phrase cannot be read; the message names it.
        """
        try:
            return re.compile(self._source).match
        except re.error as error:
            raise _unreadable(self.name, self._said, error) from None


class Phrases:
    """Everything that is looked for by name, in both languages at once. Pure.

    Args:
        said: by name, then by language (en, zh), the phrases.

    Raises:
        ValueError: where a phrase can begin cannot be read; the message names it. `check` sees the rest of it.
    """

    def __init__(self, said: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
        self._index: dict[str, list[Phrase]] = defaultdict(list)
        self._beginning = lru_cache(_REMEMBERED)(self._look_up)
        for name, languages in said.items():
            for lang, phrases in languages.items():
                for phrase in phrases:
                    self._add(name, lang, phrase)

    def _add(self, name: str, lang: str, said: str) -> None:
        try:
            for source in _both_orders(said) if lang == "en" else (f"{said}.",):
                phrase = Phrase(name, said, _english(source) if lang == "en" else _chinese(said))
                for key in beginnings(_SHORT_E.sub(r"\1*", source), _EN if lang == "en" else _ZH):
                    is_digit = lang == "zh" and key[:1].isascii()  # looked up as what an English word begins with
                    self._index[key[:1] if is_digit else key].append(phrase)
        except ValueError as error:
            raise _unreadable(name, said, error) from None

    def check(self) -> None:
        """Reads every phrase to its end.

        Raises:
            ValueError: a phrase cannot be read; the message names it.
        """
        for phrase in chain.from_iterable(self._index.values()):
            _ = phrase.match

    def find(self, plain: str) -> list[Found]:
        """All of them in the order of the text. `plain` is in lower case, with plain apostrophes and dashes."""
        found: list[Found] = []
        ends: dict[str, int] = {}
        for word in _WORD.finditer(plain):
            start, said = word.start(), word[0]
            for phrase in self._beginning(f"{said} "[:_EN] if said.isascii() else plain[start : start + _ZH]):
                if start >= ends.get(phrase.name, 0) and (match := phrase.match(plain, start)):
                    found.append(Found(phrase.name, start, match.end()))
                    ends[phrase.name] = match.end()
        return found

    def _look_up(self, head: str) -> tuple[Phrase, ...]:
        """Those that can begin so."""
        return tuple(chain.from_iterable(self._index.get(head[:length], ()) for length in range(1, len(head) + 1)))


def _unreadable(name: str, said: str, error: Exception) -> ValueError:
    return ValueError(f"{name}: the phrase {said!r} cannot be read: {error}")


def _both_orders(phrase: str) -> tuple[str, ...]:
    first, near, second = phrase.partition(" + ")
    return (f"{first} + {second}", f"{second} + {first}") if near else (phrase,)


def _english(phrase: str) -> str:
    """The pattern of a phrase: whole words, whose apostrophes may be missing."""
    text = re.sub(r"\((?!\?)", "(?:", phrase).replace("##", r"\d{2,}+").replace("#", r"\d+(?:\.\d+)?")
    text = text.replace(" .. ", "\0").replace(" + ", "\1")
    text = re.sub(r"((?:^|[(|\0\1])(?:\[[^]]*\] )+)", lambda lead: re.sub(r"\[([^]]*)\] ", _LEFT_OUT, lead[0]), text)
    text = re.sub(r" \[([^]]*)\]", r"(?: (?:\1))?", text)
    if "[" in text:
        raise ValueError("nothing follows a part that may be left out behind a gap")
    text = _STEM.sub(_any_ending, text).replace(" ", _SEPARATOR).replace("\0", _GAP).replace("\1", _NEAR)
    return rf"(?:{text})(?![a-z0-9])".replace("n't", "n'?t").replace("'s", "'?s").replace("'ve", "'?ve")


def _any_ending(stem: re.Match[str]) -> str:
    word = stem[1]
    if len(word) > _SHORT_STEM:
        return f"{word}[a-z']*+"
    if word.endswith("e"):
        return f"{word[:-1]}(?:e(?:s|d|n|ness|ing)?|ing|ings|y)"
    return f"{word}(?:{word[-1]}?(?:{_ENDINGS}))?"


def _chinese(phrase: str) -> str:
    """Characters may be anything's beginning, so a run of numerals is tried from each of them."""
    if _UNBOUNDED.search(phrase):
        raise ValueError("a repetition has no end")
    return phrase.replace("]+", _NUMERAL).replace("..", f"{_CHINESE_ANY}{{0,5}}").replace(".{", f"{_CHINESE_ANY}{{")
