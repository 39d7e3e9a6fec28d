"""Upper and lower case at random, where case says nothing."""

from __future__ import annotations

import re

from models.text.changes import Changes, proves
from models.text.masks import PLACEHOLDER
from models.text.plain_words import HIDDEN, WORDS

_WORD = re.compile(rf"{PLACEHOLDER}|[A-Za-z]++")
_MIXED = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")
CAMEL = "[A-Z]?[a-z]{2,}+(?:[A-Z][a-z]{2,}+)++"
_SHORTEST = 4  # letters, of words that nobody hides: GoT and LoL are names
_LONGER = re.compile(r"[A-Za-z][a-z]{3}(?<![A-Za-z'\u2019]....)")
_UNTITLED = re.compile(r"[a-z]{4}(?<![A-Za-z'\u2019]....)")
_FEWEST_TITLED = 3  # known words of four letters and more: fewer may be a name
_SHOUTED = 8  # letters of a text in capitals: shorter ones are abbreviations


def unmix(text: str) -> Changes:
    """Words in mixed case ("iDiOt"), and the whole text where most words are. Camel case, abbreviations and their
    plurals are no mixed case; a name such as LaTeX shows nothing, because no plain word comes out.
    """
    if _MIXED.search(text) is None:
        return {}
    words = [word for word in _WORD.finditer(text) if word[0][0] != "["]
    mixed = [word for word in words if _is_mixed(word[0])]
    plain = [_plain(word[0]) for word in mixed]
    if not proves(word for word in plain if word in HIDDEN or (word in WORDS and len(word) >= _SHORTEST)):
        return {}
    lower = _lower(text, words if 2 * len(mixed) >= len(words) else mixed)
    return lower | {
        i: new for match, word in zip(mixed, plain, strict=True) for i, new in enumerate(word, match.start())
    }


def unshout(text: str) -> Changes:
    """A text all in capitals, or with one at the beginning of each word that is not short."""
    longer = _LONGER.search(text)
    if (longer is None or longer[0].islower() or _UNTITLED.search(text)) and not text.isupper():
        return {}
    words = [word for word in _WORD.finditer(text) if word[0][0] != "["]
    if sum(len(word[0]) for word in words) < max(_SHOUTED, len(text) // 2):
        return {}
    if text.isupper():
        return _lower(text, words)
    titled = [word for word in words if word[0].istitle()]
    known = [word[0].lower() in WORDS for word in titled if len(word[0]) >= _SHORTEST]
    return _lower(text, titled) if sum(known) >= _FEWEST_TITLED and 2 * sum(known) >= len(known) else {}


def _plain(word: str) -> str:
    """The word in lower case; a capital I in it may pass for an l ("kiII")."""
    lower = word.lower()
    other = word.replace("I", "l").lower()
    return other if lower not in WORDS and other in WORDS else lower


def _is_mixed(word: str) -> bool:
    if word.islower() or word.isupper() or word.istitle():
        return False
    return re.fullmatch(CAMEL, word) is None and not (word[-1] == "s" and word[:-1].isupper())


def _lower(text: str, words: list[re.Match[str]]) -> Changes:
    return {i: text[i].lower() for word in words for i in range(*word.span()) if text[i].isupper()}
