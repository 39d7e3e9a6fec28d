"""Undo disguised spellings, so that the encoder reads nearly plain words.

Letters of other alphabets and styles become ASCII; letters written apart are joined, drawn-out ones cut short,
and digits and signs read as letters, the last three only where a word of `models.text.plain_words` comes out. Every
step keeps, replaces or drops single characters, so each one that is left knows its place in the original.
All patterns are linear: possessive or bounded quantifiers, and look-behinds so that a word is tried once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import product

from models.text.plain_words import COMMON, HAN_HIDDEN, HIDDEN, SHORT

HAN = "\u3400-\u4dbf\u4e00-\u9fff"
HAN_SEPARATORS = " *.\u00b7_|~/+-"
FOREIGN = "\u0370-\u052f\u2139"
"""Greek, Cyrillic and the sign for information, which passes for an i."""
STYLED = (
    "\u0262-\u0262\u026a-\u026a\u0274-\u0274\u0280-\u0280\u028f-\u028f\u0299-\u0299\u029c-\u029c\u029f-\u029f"
    "\u1d00-\u1d6a\u2100-\u2138\u213c-\u214f\u24b6-\u24e9\ua730-\ua731\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
    "\U0001d400-\U0001d7ff\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189\U0001f4b2-\U0001f4b2"
)
"""Small capitals, raised, double-struck, circled, full-width, mathematical and squared letters and digits."""

EMOJI = "\u2600-\u27bf\U0001f300-\U0001faff"

_WORDS = HIDDEN | COMMON
_LONGEST_WORD = max(map(len, _WORDS))
_MOST_SPACED, _MOST_STRETCHED, _MOST_SIGNED = 40, 64, 24  # in characters; longer ones are no words

_IN_STYLE = re.compile(f"[{STYLED}]")
_IN_FOREIGN = re.compile(f"[{FOREIGN}]")
_LETTERS = re.compile(r"[^\W\d_]++")
_PLACEHOLDER = re.compile(r"\[(?:URL|USER|PHONE|EMAIL)\]")
_LATIN = re.compile("[A-Za-z]")
_LOOKALIKES = str.maketrans(
    "\u2139аеорсухіјѕһԁԛԝѵгүӏҽѡАВЕКМНОРСТУХІЈЅҮԌԜαβεινορτυχγκϲϳΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϒσϱϝ",
    "iaeopcyxijshdqwvrylewABEKMHOPCTYXIJSYGWabeivoptuxykcjABEZHIKMNOPTYXCYopF",
)
_SPACED = re.compile(
    r"(?<![A-Za-z0-9'])[A-Za-z]([ .\-_*/,|~+])[A-Za-z](?![A-Za-z0-9'])(?:\1[A-Za-z](?![A-Za-z0-9']))++"
)
_STRETCHED = re.compile(r"(?<![A-Za-z])[A-Za-z]*?([A-Za-z])\1\1[A-Za-z]*+", re.ASCII | re.IGNORECASE)
_RUN = re.compile(r"(.)\1*+", re.ASCII | re.IGNORECASE)
_SIGNED = re.compile(r"(?<![A-Za-z0-9@$!|+*])[A-Za-z]*+[0-9@$!|+*][A-Za-z0-9@$!|+*]*+")
_BROKEN = re.compile(rf"(?<![A-Za-z])([A-Za-z]++)([{EMOJI}._])([A-Za-z]++)")
_READINGS = tuple([str.maketrans("0134567892@$+!|", f"o{one}easgtbgzast{one}{one}") for one in "il"])
_VOWEL = re.compile("[aeiou]")
_IN_HAN = re.compile(f"[{HAN}]")
_HAN_SPACED = re.compile(f"(?<![{HAN}])[{HAN}]([{HAN_SEPARATORS}])[{HAN}](?![{HAN}])(?:\\1[{HAN}](?![{HAN}]))++")
_HAN_WORD = re.compile(
    f"(?=[{''.join(sorted({word[0] for word in HAN_HIDDEN}))}])(?:"
    + "|".join(
        [f"[{HAN_SEPARATORS}{EMOJI}]?".join(word) for word in sorted(HAN_HIDDEN, key=lambda word: (-len(word), word))]
    )
    + ")"
)

Pieces = list[str]


def fold(text: str, offsets: Sequence[int]) -> tuple[str, Sequence[int]] | None:
    """One pass of all steps over a text and its offsets into the original, or None where none finds anything."""
    changed = False
    for step in _ASCII_STEPS if text.isascii() else _STEPS:
        pieces = step(text)
        if pieces is not None:
            changed = True
            text = "".join(pieces)
            offsets = [offset for offset, piece in zip(offsets, pieces, strict=True) if piece]
    return (text, offsets) if changed else None


def _unstyle(text: str) -> Pieces | None:
    plain = text.translate(_STYLES) if _IN_STYLE.search(text) else text
    return list(plain) if plain != text else None


def _style_table() -> dict[int, str]:
    table = {0x1F4B2: "$"}
    for bounds in re.finditer("(.)-(.)", STYLED):
        for code in range(ord(bounds[1]), ord(bounds[2]) + 1):
            plain = unicodedata.normalize("NFKC", chr(code))
            name = unicodedata.name(chr(code), "")
            if re.search(r"(?:LETTER SMALL CAPITAL|(?:SQUARED|NEGATIVE CIRCLED) LATIN CAPITAL LETTER) [A-Z]$", name):
                table[code] = name[-1].lower()  # these have capitals only
            elif len(plain) == 1 and plain.isascii() and plain.isalnum():
                table[code] = plain
    return table


def _latinise(text: str) -> Pieces | None:
    """Greek and Cyrillic look-alikes in words with Latin letters, or as whole words where all else is Latin."""
    if _IN_FOREIGN.search(text) is None:
        return None
    words = [match for match in _LETTERS.finditer(text) if _IN_FOREIGN.search(match[0])]
    plain = [match[0].translate(_LOOKALIKES) for match in words]
    whole = all(word.isascii() for word in plain) and _LATIN.search(_PLACEHOLDER.sub("", text)) is not None
    pieces: Pieces | None = None
    for match, word in zip(words, plain, strict=True):
        if word.isascii() and (_LATIN.search(match[0]) or (whole and len(word) > 1)):
            pieces = pieces or list(text)
            pieces[slice(*match.span())] = word
    return pieces


def _join(text: str) -> Pieces | None:
    """Single letters with one separator ("k i l l", "f.u.c.k"), where they are words from end to end."""
    pieces: Pieces | None = None
    for match in _SPACED.finditer(text):
        letters = match[0][::2].lower()
        for first, last in ((0, 0), (0, 1), (1, 0), (1, 1)):  # at its ends there may be a letter of a neighbour
            if ends := _split(letters[first : len(letters) - last]):
                pieces = pieces or list(text)
                for i in range(1, len(letters) - first - last):
                    pieces[match.start() + 2 * (first + i) - 1] = " " if i in ends else ""
                break
    return pieces


def _split(letters: str) -> set[int]:
    """Where the fewest words end that make up the letters; empty where none do or all of them are short."""
    if len(letters) > _MOST_SPACED:
        return set()
    costs: list[float] = [0.0]
    starts = [0]
    for end in range(1, len(letters) + 1):
        reachable = [
            (costs[start] + (2 if end - start < 3 else 1), start)
            for start in range(max(0, end - _LONGEST_WORD), end)
            if letters[start:end] in (SHORT if end - start < 3 else _WORDS)
        ]
        cost, start = min(reachable, default=(float("inf"), 0))
        costs.append(cost)
        starts.append(start)
    ends: set[int] = set()
    longest, end = 0, len(letters)
    while end and costs[end] < float("inf"):
        ends.add(end)
        longest, end = max(longest, end - starts[end]), starts[end]
    return ends if longest >= 3 else set()


def _mend(text: str) -> Pieces | None:
    """One picture or dot inside a word of `HIDDEN` ("id🤡iot", "fu.ck")."""
    pieces: Pieces | None = None
    for match in _BROKEN.finditer(text):
        head, _, tail = match.groups()
        if len(head) + len(tail) <= _LONGEST_WORD and (head + tail).lower() in HIDDEN:
            pieces = pieces or list(text)
            pieces[match.start(2)] = ""
    return pieces


def _shorten(text: str) -> Pieces | None:
    """Runs of three letters and more become two or one where that makes a word; else runs of four become two."""
    pieces: Pieces | None = None
    for match in _STRETCHED.finditer(text):
        dropped = _surplus(match[0])
        if dropped:
            pieces = pieces or list(text)
            for i in dropped:
                pieces[match.start() + i] = ""
    return pieces


def _surplus(word: str) -> set[int]:
    runs = [run.span() for run in _RUN.finditer(word) if run.end() - run.start() >= 3]
    if len(word) <= _MOST_STRETCHED and len(runs) <= 3:
        for keep in product((2, 1), repeat=len(runs)):
            dropped = {i for run, count in zip(runs, keep, strict=True) for i in _inner(*run, count, len(word))}
            if "".join([c for i, c in enumerate(word) if i not in dropped]).lower() in _WORDS:
                return dropped
    return {i for start, end in runs if end - start >= 4 for i in range(start + 1, end - 1)}


def _inner(start: int, end: int, keep: int, size: int) -> range:
    """What to drop of a run: the last letter stays where the word ends, so that a span still covers all of it."""
    if keep == 2:
        return range(start + 1, end - 1)
    return range(start, end - 1) if end == size else range(start + 1, end)


def _unsign(text: str) -> Pieces | None:
    """Digits and signs among letters ("id10t", "@sshole", "f*ck") read as letters."""
    pieces: Pieces | None = None
    for match in _SIGNED.finditer(text):
        body = match[0].lstrip("*")
        start = match.end() - len(body)
        for core in dict.fromkeys((body.rstrip("!|+*"), body.rstrip("!*"))):  # signs around a word are seldom letters
            if 3 <= len(core) <= _MOST_SIGNED and (word := _read(core.lower())):
                pieces = pieces or list(text)
                pieces[start : start + len(core)] = word.upper() if core.isupper() else _cased(word, core)
                break
    return pieces


def _read(body: str) -> str | None:
    """The word behind the signs; digits around a word ("day2") or a unit ("5in") hide one of `HIDDEN` or nothing."""
    if not body.islower():
        return None
    if "*" in body:
        return _STARRED.get(body)
    stem = body.strip("0123456789")
    known = HIDDEN if stem in _WORDS or (stem.isalpha() and len(stem) < 3) else _WORDS
    return next((word for table in _READINGS if (word := body.translate(table)) in known), None)


def _cased(word: str, body: str) -> list[str]:
    return [old if old.isalpha() else new for new, old in zip(word, body, strict=True)]


def _starred() -> dict[str, str]:
    """Words with a star for one vowel or for all (but the first letter), where only one word fits."""
    found: dict[str, set[str]] = {}
    for word in HIDDEN:
        for masked in (_VOWEL.sub("*", word), word[0] + _VOWEL.sub("*", word[1:])):
            found.setdefault(masked, set()).add(word)
        for vowel in _VOWEL.finditer(word):
            found.setdefault(f"{word[: vowel.start()]}*{word[vowel.end() :]}", set()).add(word)
    return {starred: min(words) for starred, words in found.items() if len(words) == 1}


def _join_han(text: str) -> Pieces | None:
    """Characters with separators: three and more that all stand alone, or the parts of a word that is often hidden."""
    pieces: Pieces | None = None
    for pattern in (_HAN_SPACED, _HAN_WORD):
        for match in pattern.finditer(text):
            between = [i for i in range(*match.span()) if _IN_HAN.match(text, i) is None]
            if between:
                pieces = pieces or list(text)
                for i in between:
                    pieces[i] = ""
    return pieces


_STYLES = _style_table()
_STARRED = _starred()

Step = Callable[[str], Pieces | None]
_ASCII_STEPS: tuple[Step, ...] = (_join, _mend, _shorten, _unsign)
_STEPS: tuple[Step, ...] = (_unstyle, _latinise, *_ASCII_STEPS, _join_han)
