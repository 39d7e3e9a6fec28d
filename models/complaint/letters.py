"""Letters as the rules of this room compare them."""

from __future__ import annotations

from typing import Final

# One character for one: apostrophes and dashes as people type them.
_PLAIN: Final = str.maketrans(dict.fromkeys("’‘ʼ＇`´′‛ꞌ", "'") | dict.fromkeys("‐‑‒–—−－﹣", "-"))


def plain_letters(text: str) -> str:
    """Lower case, plain apostrophes and dashes, nothing moved: a few letters grow when they are lowered."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return lowered.translate(_PLAIN)
