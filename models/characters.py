"""Classes of characters, each as it stands between the brackets of a regular expression."""

from __future__ import annotations

from collections.abc import Iterable

LATIN = "A-Za-z\u00c0-\u024f"
JAPANESE_KOREAN = "\u3040-\u30ff\u1100-\u11ff\uac00-\ud7af"
HAN = "\u3400-\u4dbf\u4e00-\u9fff"
EMOJI = "\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff"
ACCENTS = "\u0300-\u0333\u0339-\u034e\u0350-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ef"
"""Marks that combine with the letter before them, but for strokes, which are invisible below."""
BEYOND_ASCII = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff\u2c60-\u2c7f\ua722-\ua7ff\uab30-\uab6f"
"""Latin letters that hold a mark or a stroke, or are drawn otherwise."""
INVISIBLE = (
    "\u00ad\u0334-\u0338\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
)
"""Soft hyphen, fillers, zero-width and bidirectional marks, variation selectors, tags, other controls, and the
strokes laid over letters, which no language writes."""
ODD_SPACE = "\t-\r\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
SURROGATES = "\ud800-\udfff"


LETTER = r"[^\W\d_]"
"""Any letter, of any script: an expression of its own."""


def character_class(characters: Iterable[str]) -> str:
    """The ranges that hold exactly these characters."""
    ranges: list[list[int]] = []
    for code in sorted(map(ord, characters)):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join([f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges])
