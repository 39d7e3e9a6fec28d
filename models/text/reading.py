"""The ways in which a text may be read."""

from __future__ import annotations

from typing import Final

from models.text.casing import unshout
from models.text.changes import Step
from models.text.cleaning import NormalisedText, settled
from models.text.folding import GUESSES, STEPS
from models.text.framing import unframe
from models.text.han import guess_han
from models.text.plain_words import lower_words
from models.text.scanning import is_plain
from models.text.spacing import GAP_SIGNS, undo_gaps
from models.text.typos import SLIPS, undo_typos

_UNDO: Final[tuple[Step, ...]] = (undo_typos, undo_gaps)
_PLAIN_GUESSES: Final[tuple[Step, ...]] = (unshout, guess_han)
_SIGNS: Final = SLIPS | GAP_SIGNS


def readings(text: str) -> tuple[NormalisedText, ...]:
    """As sure a reading as possible, and where that leaves something that may be a disguise, or stands around
    the whole text, one without it.

    One or two; whoever scores them takes the higher score of each label. The first is what `normalise` makes of the
    text, but for one whose words are full of slips or gaps: those are mended.
    """
    first = NormalisedText(text, range(len(text)))
    looks_plain = is_plain(text)
    if not looks_plain:
        first = settled(first, STEPS)
    is_odd = not _SIGNS.isdisjoint(lower_words(first.text))
    if is_odd and any(undo(first.text) for undo in _UNDO):
        first = settled(first, (*STEPS, *_UNDO))
    guesses = _PLAIN_GUESSES if looks_plain and not is_odd else GUESSES
    second = first
    has_lines = not looks_plain and len(text.strip().splitlines()) > 1
    if inside := unframe(first.text, has_lines):
        second = NormalisedText(first.text[inside], first.offsets[inside])
    if any(guess(second.text) for guess in guesses):
        second = settled(second, (*STEPS, *GUESSES))
    elif inside and not is_plain(second.text):
        second = settled(second, STEPS)
    return (first,) if second.text == first.text else (first, second)
