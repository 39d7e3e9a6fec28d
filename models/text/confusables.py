"""Letters of other alphabets that pass for Latin ones: Unicode's TR39 confusables and a few that are less alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, product

from confusable_homoglyphs.confusables import confusables_data

from models.characters import ACCENTS, BEYOND_ASCII, character_class
from models.text.changes import Changes
from models.text.masks import PLACEHOLDER
from models.text.plain_words import WORDS
from models.text.styles import STYLES

_LIKE = dict(zip("пπηωєзиυμякѡҽүԌβεικτχσϝИЯДΛΣШ", "nnnweenuurkweyGbeiktxoFNRAAEW", strict=True))
"""Not alike enough for TR39, or alike to something that is no ASCII letter; readers take them for these."""

_NU = "\u03bd"
_MOST_READINGS = 16

_ALPHABETS = "\u0370-\u03ff\u0400-\u052f\u0531-\u058f\u13a0-\u13ff\u1c80-\u1c8f\u1f00-\u1fff\u2c80-\u2cff\ua640-\ua69f"
_WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{ACCENTS}])*+")
_LATIN = re.compile(f"[A-Za-z{BEYOND_ASCII}]")
_PLACEHOLDER = re.compile(PLACEHOLDER)
_SHORTEST = 3  # letters: shorter words that mix alphabets are symbols of mathematics


def _drawn(confusables: Iterable[str], letters: Mapping[int, str]) -> Iterator[tuple[int, str]]:
    """The ASCII letters that letters are drawn like, in the same case."""
    for one in confusables:
        for found in confusables_data[one]:
            other = found["c"].translate(letters)
            if len(other) == 1 and other.isascii() and other.isalpha():
                other = "I" if other == "l" and one.isupper() else other
                yield ord(one), other.upper() if one.isupper() else other
                break


def _is_foreign(letter: str) -> bool:
    """Of an alphabet that has two cases, or of Lisu, which is made of Latin capitals. Latin letters belong to the
    languages that use them.
    """
    if len(letter) != 1 or letter.isascii():
        return False
    is_cased = unicodedata.category(letter) in ("Lu", "Ll") or "\ua4d0" <= letter <= "\ua4ff"
    return is_cased and not unicodedata.name(letter, "LATIN").startswith(("LATIN", "MATHEMATICAL", "FULLWIDTH"))


_FOREIGN = [letter for letter in confusables_data if _is_foreign(letter)]
_ALIKE = {0x2139: "i"} | dict(_drawn(_FOREIGN, {}))  # the sign for information is an i to NFKC
_NEARLY_ALIKE = (
    {ord(other): letter for other, letter in _LIKE.items()}
    | dict(_drawn([letter for letter in confusables_data if re.fullmatch(f"[{BEYOND_ASCII}]", letter)], {}))
    | dict(_drawn(_FOREIGN, STYLES))
    | _ALIKE
)
FOREIGN = _ALPHABETS + character_class([letter for letter in map(chr, _NEARLY_ALIKE) if _is_foreign(letter)]) + "\u2139"
"""Alphabets with look-alikes, those letters included that look like no Latin one."""
_IN_FOREIGN = re.compile(f"[{FOREIGN}]")


def latinise(text: str) -> Changes:
    """Words that mix alphabets, and whole words where all else is Latin. Real Greek or Cyrillic text stays."""
    if text.isascii() or _IN_FOREIGN.search(text) is None:
        return {}
    mixed: list[tuple[int, str]] = []
    whole: list[tuple[int, str]] = []
    real = 0
    for match in _WORD.finditer(text):
        if _IN_FOREIGN.search(match[0]):
            is_mixed = _LATIN.search(match[0]) is not None
            word = _latin(match[0], _NEARLY_ALIKE if is_mixed else _ALIKE)
            if word.isascii():
                (mixed if is_mixed else whole).append((match.start(), word))
            else:
                real += 1
    shows = any(len(word) >= _SHORTEST for _, word in mixed)
    if real and (not shows or real >= len(mixed)):
        plain = [(start, word) for start, word in mixed if word.lower() in WORDS]
    elif shows:
        plain = mixed + whole
    elif _LATIN.search(_PLACEHOLDER.sub("", text)):
        plain = [(start, word) for start, word in whole if len(word) > 1]
    else:
        plain = []
    return {i: new for start, word in plain for i, new in enumerate(word, start) if new != text[i]}


def _latin(word: str, alike: Mapping[int, str]) -> str:
    """The word in Latin letters. A nu is drawn like a v, and often put for an n: that it is where no word comes out."""
    if _NU not in word:
        return word.translate(alike)
    readings = product(*["vn" if letter == _NU else letter.translate(alike) for letter in word])
    known = (plain for letters in islice(readings, _MOST_READINGS) if (plain := "".join(letters)).lower() in WORDS)
    return next(known, word.translate({**alike, ord(_NU): "n"}))
