"""Where what is said before a place begins: behind the last sentence, or the last part of one, that ends there."""

from __future__ import annotations

import re
from typing import Final

SENTENCE: Final = re.compile(r"[.;；。!！?？\n](?!\d)")
CLAUSE: Final = re.compile(r"[,，;；。!！?？\n]|\.(?=\s|$)")


def behind_last(ends: re.Pattern[str], text: str, start: int, place: int) -> int:
    """Behind the last match between `start` and `place`; `start` where there is none."""
    last = max(0, start)
    for match in ends.finditer(text, last, place):
        last = match.end()
    return last
