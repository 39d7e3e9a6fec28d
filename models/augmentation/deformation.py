"""Spellings that people use to slip past filters, each as a function of text, chance and lexicons.

A deformation replaces single characters by pieces (nothing, one or several characters), so the way back to
the original is known for every character of the result. Placeholders such as `[URL]` stay whole. Words of
the profanity lexicons are preferred, because those are the ones that people hide; at least one word changes
where there is one, so that a deformed spelling alone tells nothing about the label.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from models.augmentation import chinese
from models.augmentation.lexicons import Lexicons

_WORD = re.compile(r"\[(?:URL|USER|PHONE|EMAIL)\]|[A-Za-z]+")
_TARGET_SHARE, _OTHER_SHARE = 0.8, 0.08
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\u00ad\ufeff"
_EMOJI = "🤡💀🖕😂🤣🙄💩😡🔥🐍🐷🐒👎😏"
_SEPARATORS = (" ", " ", " ", ".", ".", "-", "-", "_", "*", "/", ",")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {c: row[max(i - 1, 0) : i] + row[i + 1 : i + 2] for row in _ROWS for i, c in enumerate(row)}
# First code points of alphabets that hold 26 capitals and then 26 small letters; of some there are capitals only.
_STYLES = (0x1D400, 0x1D434, 0x1D468, 0x1D4D0, 0x1D56C, 0x1D5A0, 0x1D5D4, 0x1D608, 0x1D63C, 0x1D670, 0x24B6)
_CAPITAL_STYLES = (0x1F130, 0x1F150, 0x1F170)
_FULLWIDTH_SHIFT = 0xFEE0

Word = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Deformed:
    """`offsets[i]` is the index of the original character behind character `i`; it never falls."""

    text: str
    offsets: Sequence[int]

    @classmethod
    def of(cls, pieces: Sequence[str]) -> Deformed:
        """From one piece for each character of the original."""
        return cls("".join(pieces), [i for i, piece in enumerate(pieces) for _ in piece])


Deformation = Callable[[str, random.Random, Lexicons], Deformed]
Change = Callable[[list[str], Word, random.Random, Lexicons], None]


def _in_words(change: Change, shortest: int = 2) -> Deformation:
    """A deformation that changes the pieces of some words."""

    def deform(text: str, chance: random.Random, lexicons: Lexicons) -> Deformed:
        pieces = list(text)
        for word in _pick(text, chance, lexicons, shortest):
            change(pieces, word, chance, lexicons)
        return Deformed.of(pieces)

    return deform


def _pick(text: str, chance: random.Random, lexicons: Lexicons, shortest: int) -> list[Word]:
    words = [m.span() for m in _WORD.finditer(text) if text[m.start()] != "[" and m.end() - m.start() >= shortest]
    targets = lexicons.english_targets
    picked = [
        word for word in words
        if chance.random() < (_TARGET_SHARE if text[slice(*word)].lower() in targets else _OTHER_SHARE)
    ]  # fmt: skip
    return picked or ([chance.choice(words)] if words else [])


def _leet(pieces: list[str], word: Word, chance: random.Random, lexicons: Lexicons) -> None:
    """Digits and signs for some letters, or a star for a vowel inside."""
    start, end = word
    if end - start > 2 and chance.random() < 0.25:
        for i in range(start + 1, end - 1):
            if pieces[i] in "aeiouAEIOU" and chance.random() < 0.8:
                pieces[i] = "*"
        return
    open_to_leet = [i for i in range(start, end) if pieces[i].lower() in lexicons.leet]
    if open_to_leet:
        for i in chance.sample(open_to_leet, chance.randint(1, max(1, (len(open_to_leet) + 1) // 2))):
            pieces[i] = chance.choice(lexicons.leet[pieces[i].lower()])


def _homoglyph(pieces: list[str], word: Word, chance: random.Random, lexicons: Lexicons) -> None:
    """Letters of another script here and there, or the whole word in another style."""
    start, end = word
    if chance.random() < 0.3:
        style = chance.choice((*_STYLES, *_CAPITAL_STYLES, None))
        for i in range(start, end):
            pieces[i] = _styled(pieces[i], style)
        return
    similar = [i for i in range(start, end) if pieces[i] in lexicons.homoglyphs]
    for i in chance.sample(similar, chance.randint(1, len(similar))) if similar else ():
        pieces[i] = chance.choice(lexicons.homoglyphs[pieces[i]])


def _styled(letter: str, style: int | None) -> str:
    if style is None:
        return chr(ord(letter) + _FULLWIDTH_SHIFT)
    index = ord(letter.upper()) - ord("A")
    if style in _CAPITAL_STYLES:
        return chr(style + index)
    code = style + index + (26 if letter.islower() else 0)
    return letter if code == 0x1D455 else chr(code)  # Unicode left the italic h out


def _spacing(pieces: list[str], word: Word, chance: random.Random, lexicons: Lexicons) -> None:
    """A separator between all letters or at one place, or no space to the next word."""
    start, end = word
    style = chance.random()
    if style < 0.2 and end < len(pieces) - 1 and pieces[end] == " ":
        pieces[end] = ""
    elif style < 0.35:
        pieces[chance.randrange(start, end - 1)] += chance.choice(" .-_")
    else:
        separator = chance.choice(_SEPARATORS)
        for i in range(start, end - 1):
            pieces[i] += separator


def _repeat(pieces: list[str], word: Word, chance: random.Random, lexicons: Lexicons) -> None:
    for _ in range(chance.randint(1, 2)):
        i = chance.randrange(*word)
        pieces[i] += pieces[i][-1] * chance.randint(1, 5)


def _zero_width(pieces: list[str], word: Word, chance: random.Random, lexicons: Lexicons) -> None:
    start, end = word
    for i in range(start, end - 1):
        if chance.random() < 0.5:
            pieces[i] += chance.choice(_ZERO_WIDTH)


def _emoji(pieces: list[str], word: Word, chance: random.Random, lexicons: Lexicons) -> None:
    start, end = word
    inside = chance.random() < 0.5
    pieces[chance.randrange(start, end - 1) if inside else end - 1] += chance.choice(_EMOJI)


def _typo(pieces: list[str], word: Word, chance: random.Random, lexicons: Lexicons) -> None:
    """A swap, a missing letter, a doubled one or its neighbour on the keyboard; the first letter stays."""
    start, end = word
    i = chance.randrange(start + 1, end)
    style = chance.randrange(4)
    if style == 0 and i + 1 < end:
        pieces[i], pieces[i + 1] = pieces[i + 1], pieces[i]
    elif style == 1:
        pieces[i] = ""
    elif style == 2:
        pieces[i] *= 2
    elif near := _NEIGHBOURS.get(pieces[i].lower()):
        pieces[i] = chance.choice(near)


def _case(text: str, chance: random.Random, lexicons: Lexicons) -> Deformed:
    """All upper case, all lower case, letters at random, or some words aloud."""
    pieces = list(text)
    words = [m.span() for m in _WORD.finditer(text) if text[m.start()] != "["]
    style = chance.randrange(4)
    if style == 3:
        words = _pick(text, chance, lexicons, 1)
    for start, end in words:
        for i in range(start, end):
            upper = chance.random() < 0.5 if style == 2 else style != 0
            pieces[i] = pieces[i].upper() if upper else pieces[i].lower()
    return Deformed.of(pieces)


def _in_chinese(change: chinese.Change) -> Deformation:
    def deform(text: str, chance: random.Random, lexicons: Lexicons) -> Deformed:
        return Deformed.of(change(text, chance, lexicons))

    return deform


_ENGLISH: Mapping[str, Deformation] = {
    "leet": _in_words(_leet),
    "homoglyph": _in_words(_homoglyph),
    "spacing": _in_words(_spacing, 3),
    "repeat": _in_words(_repeat),
    "zero_width": _in_words(_zero_width),
    "emoji": _in_words(_emoji),
    "typo": _in_words(_typo, 4),
    "case": _case,
}
_CHINESE: Mapping[str, Deformation] = {name: _in_chinese(change) for name, change in chinese.CHANGES.items()}


def _zero_width_anywhere(text: str, chance: random.Random, lexicons: Lexicons) -> Deformed:
    deform = _ENGLISH["zero_width"] if chinese.HAN_LETTER.search(text) is None else _CHINESE["zero_width"]
    return deform(text, chance, lexicons)


DEFORMATIONS: Mapping[str, Deformation] = {**_ENGLISH, **_CHINESE, "zero_width": _zero_width_anywhere}


def kinds_for(lang: str) -> tuple[str, ...]:
    """Names of the deformations for a language: `zh`, or anything else for Latin script."""
    return tuple(_CHINESE if lang == "zh" else _ENGLISH)
