"""Marks on letters: those that a language writes stay, those that only hide a word go."""

from __future__ import annotations

import re
import unicodedata

from confusable_homoglyphs.confusables import confusables_data

from models.characters import ACCENTS, BEYOND_ASCII
from models.text.changes import Changes, proves
from models.text.plain_words import HIDDEN, SHORT, WORDS

_MARKED = re.compile(f"[{ACCENTS}{BEYOND_ASCII}]")
_WORD = re.compile(rf"(?:[^\W\d_]|(?<=[^\W_])[{ACCENTS}])++")
_NAMED = re.compile(r"LATIN (SMALL|CAPITAL) LETTER (?:DOTLESS )?([A-Z])(?: WITH .*)?$")
_SHORTEST = 4  # letters: shorter words of other languages are too often English ones without their accents
_FEWEST = 4  # words with one mark each


def composed(base: str, marks: str) -> str:
    """One letter with its marks, in NFC; none of the marks where there are more than any language writes.

    Languages stack what Unicode composes, as Vietnamese does, and at most one mark more.
    """
    cluster = unicodedata.normalize("NFC", base + marks)
    return cluster if len(cluster) <= 2 else base


def unmark(text: str) -> Changes:
    """All marks, where most of the words that have some are plain words without them ("ïdïot", "f̈uc̊k")."""
    if text.isascii() or _MARKED.search(text) is None:
        return {}
    marked = [match for match in _WORD.finditer(text) if _MARKED.search(match[0])]
    plain = ["".join([_bare(letter) for letter in match[0]]).lower() for match in marked]
    known = [word for word in plain if word in WORDS or word in SHORT]
    if 2 * len(known) < len(plain) or not _proves(marked, plain):
        return {}
    places = [i for match in marked for i in range(*match.span())]
    return {i: bare for i in places if (bare := _bare(text[i])) != text[i]}


def _proves(marked: list[re.Match[str]], plain: list[str]) -> bool:
    """Whether plain words came out, and more than the few that are written with one accent ("café", "naïve").

    A hidden word with one mark is enough where no other marked word is left: "hàng" is Vietnamese among its like.
    """
    found = {
        word: len(_MARKED.findall(match[0])) for match, word in zip(marked, plain, strict=True)
        if word in HIDDEN or (word in WORDS and len(word) >= _SHORTEST)
    }  # fmt: skip
    if len(found) >= _FEWEST or proves(word for word, marks in found.items() if marks > 1):
        return True
    return not HIDDEN.isdisjoint(found) and all(word in WORDS or word in SHORT for word in plain)


def _bare(letter: str) -> str:
    """A letter without its marks, hooks and strokes, by its decomposition, its name or what it is drawn like; nothing
    for a mark that stands alone.
    """
    if _MARKED.match(letter) is None:
        return letter
    base = unicodedata.normalize("NFD", letter)[0]
    if base.isascii():
        return base
    if name := _NAMED.match(unicodedata.name(base, "")):
        return name[2] if name[1] == "CAPITAL" else name[2].lower()
    base = confusables_data[base][0]["c"][0] if base in confusables_data else base
    return base if base.isalpha() else ""
