"""Letters and digits in fancy dress: full-width, circled, mathematical, raised, small capitals, flags."""

from __future__ import annotations

import re
import unicodedata

from models.characters import character_class
from models.text.changes import Changes
from models.text.plain_words import WORDS

_BLOCKS = (
    (0x0262, 0x029F), (0x1D00, 0x1DBF), (0x2100, 0x2138), (0x213C, 0x217F), (0x249C, 0x24E9), (0xA730, 0xA731),
    (0xFF10, 0xFF5A), (0x1D400, 0x1D7FF), (0x1F110, 0x1F189),
)  # fmt: skip
_RAISED = "\u02b0-\u02b8\u02e1-\u02e3\u1d2c-\u1d6a\u1d78\u1d9b-\u1dbf\u2071\u207f\u2090-\u209c"
_DRESSED = re.compile(
    r"(?:LATIN LETTER SMALL CAPITAL"
    r"|(?:(?:NEGATIVE )?(?:SQUARED|CIRCLED)|PARENTHESIZED|REGIONAL INDICATOR SYMBOL)"
    r" (?:LATIN (?:CAPITAL|SMALL) )?LETTER) ([A-Z])"
)


def plain_letter(character: str) -> str | None:
    """The ASCII letter or digit under the dress, by Unicode's compatibility decomposition or by its name."""
    plain = unicodedata.normalize("NFKC", character)
    if len(plain) == 1 and plain.isascii() and plain.isalnum():
        return plain
    name = _DRESSED.fullmatch(unicodedata.name(plain if len(plain) == 1 else character, ""))
    return None if name is None else name[1].lower()  # these have one case only


def _table() -> dict[int, str]:
    codes = [code for first, last in _BLOCKS for code in range(first, last + 1)]
    found = {code: plain for code in codes if (plain := plain_letter(chr(code))) is not None}
    return {code: plain for code, plain in found.items() if not re.match(f"[{_RAISED}]", chr(code))} | {0x1F4B2: "$"}


STYLES = _table()
_RAISED_OR_FLAG = f"{_RAISED}\U0001f1e6-\U0001f1ff"
_RUN = re.compile(f"[{_RAISED_OR_FLAG}]++")
STYLED = character_class(map(chr, STYLES)) + _RAISED_OR_FLAG
_IN_STYLE = re.compile(f"[{STYLED}]")


def unstyle(text: str) -> Changes:
    """Letters in fancy dress. Raised ones and flags are read as letters throughout a text where a word comes out."""
    if text.isascii() or _IN_STYLE.search(text) is None:
        return {}
    changes = {i: STYLES[ord(character)] for i, character in enumerate(text) if ord(character) in STYLES}
    raised = {
        run.start(): "".join([plain_letter(letter) or letter for letter in run[0]]) for run in _RUN.finditer(text)
    }
    if any(word in WORDS for word in raised.values()):
        changes |= {i: letter for start, word in raised.items() for i, letter in enumerate(word, start)}
    return changes
