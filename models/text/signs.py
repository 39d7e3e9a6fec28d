"""Letters that digits, signs and stars stand for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product

from models.text.changes import Changes, proves
from models.text.plain_words import FREQUENT, HIDDEN, SHORT, WORDS

_LETTERS = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "gb", "7": "t", "8": "b", "9": "g",
    "@": "a", "$": "s", "!": "il", "|": "il", "+": "t", "€": "e", "£": "l", "¢": "c", "©": "c", "®": "r", "¥": "y",
    "§": "s", "ß": "b", "¡": "i",
}  # fmt: skip
SIGNS = re.escape("".join(_LETTERS))
"""Digits and signs that are drawn like letters, as they stand between the brackets of a regular expression."""
WILD = "*#%&^"
"""Signs that stand for any letter, in the same form."""
_ANY = f"{SIGNS}{WILD}"
_SIGNED = re.compile(f"(?<![A-Za-z{_ANY}])[A-Za-z]*+[{_ANY}][A-Za-z{_ANY}]*+")
_INNER = re.compile(f"[A-Za-z][{SIGNS}]++[A-Za-z]")
_PART = re.compile(f"[a-z][{SIGNS}]++[A-Z]")  # "Direct3D" is no word
_BARE = re.compile(f"(?<![^ ])[{SIGNS}]{{1,2}}(?= )")
_NO_LETTERS = frozenset(_LETTERS) | frozenset(WILD)
_MOST_SIGNED = 24  # characters; longer ones are no words
_MOST_READINGS = 16
_SHORTEST_SWORN = 4  # characters, of words in which signs stand for any letter ("f#ck"): H&M and C# are none
_MOST_PART_NUMBER = 4  # characters: A55 and M4A1 are no words


_TELLING = frozenset(FREQUENT[:1000])  # no names among them, as in handles

Key = tuple[int, tuple[int, str], tuple[int, str]]
Signed = tuple[int, str, list[str]]
"""Where a word with signs starts, how it is written, and the words that fit."""


def unsign(text: str) -> Changes:
    """Digits, signs and stars among letters ("id10t", "@sshole", "f*ck") read as letters: where the word is sure, and
    throughout a text that does it again and again.
    """
    sure: dict[int, str] = {}
    others: dict[int, str] = {}
    found: list[str] = []
    used: set[str] = set()
    for start, body, words in _signed(text):
        used.update(body if words else "")
        is_sure = bool(words) and _is_sure(body, words)
        (sure if is_sure else others).update(_written(start, body, words[0] if words else _spelt(body)))
        if is_sure:
            found.append(words[0])
        elif words and _may_be_word(body):
            found.append(body)
    if len(set(found)) > 1:
        others |= _bare(text, used)
    return sure | others if proves(found) else sure


def _bare(text: str, used: set[str]) -> Changes:
    """Words of signs alone ("15" for is, "!" for I), where the same signs stand for letters elsewhere in the text."""
    changes: dict[int, str] = {}
    for match in _BARE.finditer(text):
        letters = product(*[_LETTERS[sign] for sign in match[0]]) if used.issuperset(match[0]) else ()
        for word in map("".join, letters):
            if word in SHORT:
                changes |= dict(enumerate("I" if word == "i" else word, match.start()))
    return changes


def first_letters(text: str) -> Mapping[int, int]:
    """Where words begin whose first letter is an @ ("@ll"), and where they end: if others with signs show it, or the
    word has further signs. Else it is a user.
    """
    signed = [one for one in _signed(text) if one[2]]
    ats = [(start, body, words[0]) for start, body, words in signed if body[0] == "@" and words[0][0] == "a"]
    telling = {body for _, body, word in ats if word in _TELLING}
    others = {body for _, body, words in signed if _is_sure(body, words) or not _NO_LETTERS.isdisjoint(body[1:])}
    return {start: start + len(body) for start, body, _ in ats} if others or len(telling) > 1 else {}


def guess_signs(text: str) -> Changes:
    """What may be a hidden word or a part number ("a55", but not "A55"), or more than one word ("s**t", "c@nt")."""
    changes: dict[int, str] = {}
    for start, body, words in _signed(text):
        hidden = [word for word in words if word in HIDDEN] or _words_with_any(body.lower())
        if hidden and hidden[0] in HIDDEN and not (body.isupper() and len(body) <= _MOST_PART_NUMBER):
            changes |= _written(start, body, hidden[0])
    return changes


def _signed(text: str) -> Iterator[Signed]:
    for match in _SIGNED.finditer(text):
        body = match[0].lstrip("*")
        # Signs around a word are seldom letters; a star behind one may stand for its last letter.
        cores = [body.rstrip("!|+*"), body.rstrip("!*")]
        if match[0][0] != "*" and body[-1] == "*" != body[-2] and body[:-1].lower() not in WORDS:
            cores.append(body)
        found = [
            (core, _words(core)) for core in dict.fromkeys(cores)
            if 2 <= len(core) <= _MOST_SIGNED and _count_letters(core) not in (0, len(core))
        ]  # fmt: skip
        if found:
            core, words = next((one for one in found if one[1]), found[0])
            yield match.end() - len(body), core, words


def _words(body: str) -> list[str]:
    """The words that fit, hidden ones first: letter by letter, or else with any letters for the signs."""
    body = body.lower()
    options = islice(product(*[_LETTERS.get(character, character) for character in body]), _MOST_READINGS)
    found = [word for letters in options if (word := "".join(letters)) in WORDS or word in SHORT]
    return sorted(found, key=lambda word: word not in HIDDEN) or _words_with_any(body)


def _words_with_any(body: str) -> list[str]:
    """Hidden words that fit, or with stars the likeliest other one: people swear with any sign, and H&M is no word."""
    known = [(i, letter) for i, letter in enumerate(body) if "a" <= letter <= "z" or letter.isdigit()]
    if len(known) < 2 or len(body) < (3 if "*" in body else _SHORTEST_SWORN):
        return []
    alike = _BY_TWO_LETTERS.get((len(body), known[0], known[1]), ())
    found = [word for word in alike if all(word[i] == letter for i, letter in known)]
    hidden = [word for word in found if word in HIDDEN]
    if hidden or not found or "*" not in body:
        return hidden
    return [min(found, key=lambda word: _hides_consonant(body, word))]


def _fits(sign: str, letter: str) -> bool:
    return letter in _LETTERS.get(sign, sign)


def _hides_consonant(body: str, word: str) -> bool:
    return any(sign == "*" and letter not in "aeiou" for sign, letter in zip(body, word, strict=True))


def _count_letters(body: str) -> int:
    return sum("a" <= character <= "z" for character in body.lower())


def _spelt(body: str) -> str:
    """A word that is not known, by its likeliest letters; as it stands where the signs are around the letters."""
    if _INNER.search(body) is None or len(body) <= _MOST_PART_NUMBER or 2 * _count_letters(body) < len(body):
        return body
    return "".join([_LETTERS.get(character, character)[0] for character in body])


def _is_sure(body: str, words: Sequence[str]) -> bool:
    """Hidden words, but for what may be a part number; others if most of the letters stand around the signs."""
    hidden = [word for word in words if word in HIDDEN]
    lower = body.lower()
    if "*" in body or not all(map(_fits, lower, words[0])):
        return len(hidden) == 1 and (len(body) > 3 or not _hides_consonant(body, hidden[0]))
    if hidden:
        return len(body) > _MOST_PART_NUMBER or 2 * sum(map(str.isdigit, body)) < len(body)
    is_inner = body[0] not in _NO_LETTERS and body[-1] not in _NO_LETTERS and 2 * _count_letters(body) >= len(body)
    return is_inner and _PART.search(body) is None and len(body) > 2 and not _words_with_any(lower)


def _may_be_word(body: str) -> bool:
    """Whether it shows something beside others, neither part number, nor unit ("5in"), nor a word with a number."""
    if "*" in body:
        return True
    stem = body.lower().strip("0123456789")
    is_unit = stem in WORDS or (stem.isalpha() and len(stem) < 3)
    return not (is_unit or body.isupper() or _PART.search(body)) and 2 * _count_letters(body) >= len(body)


def _written(start: int, body: str, word: str) -> Changes:
    """The letters for the signs; capitals where all else is in capitals."""
    letters = word.upper() if body.isupper() else word
    return {start + i: new for i, (old, new) in enumerate(zip(body, letters, strict=True)) if old in _NO_LETTERS}


def _by_two_letters() -> Mapping[Key, list[str]]:
    words = defaultdict[Key, list[str]](list)
    for word in dict.fromkeys((*sorted(HIDDEN), *FREQUENT)):
        for i in range(1, len(word)):
            words[len(word), (0, word[0]), (i, word[i])].append(word)
    return dict(words)


_BY_TWO_LETTERS = _by_two_letters()
"""Words by their length, their first letter and any other; hidden ones first, then by frequency."""
