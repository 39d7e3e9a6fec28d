"""Chinese words whose characters are kept apart, or written as they sound ("脑can")."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import product

from models.text.changes import Changes
from models.text.characters import EMOJI, HAN
from models.text.plain_words import HAN_HIDDEN, HAN_SOUNDS

HAN_SEPARATORS = " *.\u00b7_|~/+-"
_IN_HAN = re.compile(f"[{HAN}]")
_SPACED = re.compile(f"(?<![{HAN}])[{HAN}]([{HAN_SEPARATORS}])[{HAN}](?![{HAN}])(?:\\1[{HAN}](?![{HAN}]))++")
_LATIN = "A-Za-z\u00e0-\u01dc"  # pinyin with its tones
_MIXED = re.compile(f"[{HAN}][{_LATIN}]|[{_LATIN}][{HAN}]")
_SOUND = re.compile(f"[{_LATIN}]++")
_LONGEST = max(map(len, HAN_HIDDEN))


def _words(between: str) -> re.Pattern[str]:
    """The words of `HAN_HIDDEN` with something between their characters."""
    starts = "".join(sorted({word[0] for word in HAN_HIDDEN}))
    words = sorted(HAN_HIDDEN, key=lambda word: (-len(word), word))
    return re.compile(f"(?=[{starts}])(?:{'|'.join([between.join(word) for word in words])})")


_SURE = _words(f"[{HAN_SEPARATORS}{EMOJI}]?")
_GUESSED = _words(f"(?:[{HAN_SEPARATORS}{EMOJI}]|[{HAN_SEPARATORS}\u3001\u3002\uff01-\uff0f\u2026,!?#]{{2,6}}+)?")


def join_han(text: str) -> Changes:
    """Characters with separators: three and more that all stand alone, or the parts of a word that is often hidden."""
    if text.isascii():
        return {}
    return _without_signs(text, _SPACED) | _without_signs(text, _SURE)


def guess_han(text: str) -> Changes:
    """Parts of hidden words with punctuation between them, or some of them in pinyin."""
    if text.isascii():
        return {}
    changes = dict(_without_signs(text, _GUESSED))
    for sound in _SOUND.finditer(text) if is_mixed(text) else ():
        changes |= _characters(text, *sound.span())
    return changes


def is_mixed(text: str) -> bool:
    """Whether Han and Latin letters touch."""
    return not text.isascii() and _MIXED.search(text) is not None


def _without_signs(text: str, words: re.Pattern[str]) -> Changes:
    spans = [match.span() for match in words.finditer(text)]
    return {i: "" for span in spans for i in range(*span) if _IN_HAN.match(text, i) is None}


def _characters(text: str, start: int, end: int) -> Changes:
    """The characters of a hidden word that stand in pinyin; the first and the last one keep its ends."""
    sound = "".join([c for c in unicodedata.normalize("NFD", text[start:end].lower()) if c.isalpha()])
    for before, after in product(range(_LONGEST), repeat=2):
        key = f"{text[max(0, start - before) : start]}{sound}{text[end : end + after]}"
        word = SPELT.get(key)
        if word is not None:
            meant = word[before : len(word) - after]
            pieces = dict.fromkeys(range(start, end), "") | dict(enumerate(meant[:-1], start))
            return pieces | {end - 1 if len(meant) > 1 or not after else start: meant[-1]}
    return {}


def _spellings(word: str) -> Iterator[str]:
    """The word with some of its characters as they sound, or with the first letter of that, but not all of them."""
    for parts in product(*[(one, HAN_SOUNDS[one], HAN_SOUNDS[one][0]) for one in word]):
        if _IN_HAN.search("".join(parts)):
            yield "".join(parts)


SPELT: Mapping[str, str] = {
    spelling: word for word in sorted(HAN_HIDDEN) for spelling in _spellings(word) if spelling not in HAN_HIDDEN
}
