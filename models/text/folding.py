"""The steps that undo disguised spellings, so that the encoder reads nearly plain words.

`STEPS` are sure; `GUESSES` may be wrong, and so a text with a guess is read both ways. All patterns are linear:
possessive or bounded quantifiers, and look-behinds so that a word is tried once.
"""

from __future__ import annotations

from typing import Final

from models.text.casing import unmix, unshout
from models.text.changes import Step
from models.text.confusables import latinise
from models.text.han import guess_han, join_han
from models.text.marks import unmark
from models.text.separators import guess_broken, mend
from models.text.signs import guess_signs, unsign
from models.text.spacing import guess_gaps, join
from models.text.stretching import shorten
from models.text.styles import unstyle
from models.text.typos import guess_typos

STEPS: Final[tuple[Step, ...]] = (
    unstyle, latinise, unmark, unmix, join, mend, shorten, unsign, join_han,
)  # fmt: skip
GUESSES: Final[tuple[Step, ...]] = (
    unshout, guess_broken, guess_gaps, guess_signs, guess_typos, guess_han,
)  # fmt: skip
