"""The ways in which a text may be read."""

from __future__ import annotations

from models.text.cleaning import NormalisedText, settled
from models.text.folding import GUESSES, STEPS
from models.text.han import is_mixed
from models.text.plain_words import lower_words
from models.text.scanning import is_plain
from models.text.separators import GAP_SIGNS, undo_gaps
from models.text.typos import SLIPS, undo_typos

_RIDDEN = (undo_typos, undo_gaps)
_SIGNS = SLIPS | GAP_SIGNS


def readings(text: str) -> tuple[NormalisedText, ...]:
    """As sure a reading as possible, and where that leaves something that may be a disguise, one without it.

    One or two; whoever scores them takes the higher score of each label. The first is what `normalise` makes of the
    text, but for one whose words are full of slips or gaps: those are mended.
    """
    first = NormalisedText(text, range(len(text)))
    if not is_plain(text):
        first = settled(first, STEPS)
    elif not _is_odd(text):
        return (first,)
    if any(undo(first.text) for undo in _RIDDEN):
        first = settled(first, (*STEPS, *_RIDDEN))
    if not any(guess(first.text) for guess in GUESSES):
        return (first,)
    return first, settled(first, (*STEPS, *GUESSES))


def _is_odd(text: str) -> bool:
    """Whether a plain text may hold anything that a guess looks for: a scan of its words, and no more."""
    return not _SIGNS.isdisjoint(lower_words(text)) or is_mixed(text)
