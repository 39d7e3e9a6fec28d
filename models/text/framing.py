"""What stands around a whole text: a post that is nothing but a quotation still says what it says."""

from __future__ import annotations

import re

from models.characters import HAN
from models.text.masks import USER

_PAIRS = {
    '"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019", "\u00ab": "\u00bb", "\u201e": "\u201c",
    "\u300c": "\u300d", "\u300e": "\u300f", "\u3010": "\u3011", "(": ")", "\uff08": "\uff09",
    "*": "*", "_": "_", "~": "~", "`": "`",
}  # fmt: skip
_MARKS = "*_~`"  # may be doubled
_MOST = 4  # of these, one inside of the other
_SHORTEST = 5  # characters: a word in quotes is only mentioned
_LEAD = re.compile(
    rf"(?:RT )?{re.escape(USER)}: ?|[A-Z][a-z]{{1,15}}+: |[{HAN}]{{1,3}}(?![说道问答称写])[{HAN}]\uff1a"
    r"|>{1,3} ?|(?:[*+\u2022\u00b7\u2013\u2014-]|[0-9]{1,2}[.)\u3001]|#{1,6}) "
)
_FRAME = re.compile(f"[{re.escape(''.join(_PAIRS))}]|{_LEAD.pattern}")  # either of them begins


def unframe(text: str, has_lines: bool) -> slice | None:
    """The part that quotes, brackets or marks of bold and the like enclose, or that a mark of a list, a heading or a
    quotation leads, or who said it; None where nothing does.

    Args:
        has_lines: whether it was sent in several lines, so that an answer may stand below what is quoted.
    """
    if _FRAME.match(text) is None:
        return None
    first, last = 0, len(text)
    for _ in range(_MOST):
        size = _size(text[first:last])
        lead = None if size or has_lines else _LEAD.match(text, first, last)
        if size == 0 and (lead is None or lead.end() == last):
            break
        first, last = (lead.end() if lead else first + size), last - size
    return slice(first, last) if first else None


def _size(text: str) -> int:
    """How many signs at either end enclose all of the text."""
    if not text or text[-1] != _PAIRS.get(text[0]):
        return 0
    size = 1
    if text[0] in _MARKS:
        size = min(len(text) - len(text.lstrip(text[0])), len(text) - len(text.rstrip(text[0])))
    inner = text[size : len(text) - size]
    return 0 if len(inner) < _SHORTEST or _is_closed(inner, text[0], text[-1]) else size


def _is_closed(inner: str, opening: str, closing: str) -> bool:
    """Whether what encloses the text ends inside already ("A" and "B"). Signs inside of words are apostrophes."""
    depth = 1
    for sign in re.finditer(rf"[{re.escape(opening + closing)}](?<![A-Za-z].(?=[A-Za-z]))", inner):
        depth += 1 if sign[0] != closing else -1
        if depth == 0:
            return True
    return False
