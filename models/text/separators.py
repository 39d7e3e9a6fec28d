"""Words that dots, pictures and other signs break up."""

from __future__ import annotations

import re

from models.characters import EMOJI
from models.text.changes import Changes, proves
from models.text.pieces import PIECE, Run, between, is_word, joined, runs_of
from models.text.plain_words import HIDDEN, SHORT, WORDS

BETWEEN = rf"{EMOJI}._*~|\\^=+:;\u00b7\u2022\u2219\"()\[\]{{}}"
"""Signs that may stand inside a word that is broken up."""
_BROKEN = re.compile(rf"(?<![A-Za-z0-9'@])[A-Za-z]++(?:[{BETWEEN}/,-]{{1,3}}+[A-Za-z]++)++")
_COMPOUND = re.compile("[A-Za-z]++(?:[-/,][A-Za-z]++)++")
_MOST_INITIALS = 4  # letters: "U.S.A.F", "e.g"


def mend(text: str) -> Changes:
    """Words that signs break up ("id.io.t", "s(h)it", "fu🤡ck"): hidden ones, and all of them in a text that does it
    again and again. Pieces that are words themselves are not broken up: "kill.me".
    """
    hidden: list[Run] = []
    others: list[Run] = []
    found: list[str] = []
    for match in _BROKEN.finditer(text):
        pieces = list(PIECE.finditer(text, *match.span()))
        word = joined(pieces)
        is_broken = not any(len(piece[0]) > 2 and is_word(piece) for piece in pieces)
        is_compound = _is_compound(match[0], pieces)
        runs = [] if is_compound else [pieces[first:last] for first, last in runs_of(pieces, HIDDEN)]
        hidden += [run for run in runs if not all(map(is_word, run))]
        if "*" in match[0]:
            continue  # where not all letters are apart, a star stands for one
        if is_broken and word in WORDS and not is_compound:
            found.append(word)
        if not runs and (word in WORDS or word in SHORT or (is_broken and len(word) > _MOST_INITIALS)):
            others.append(pieces)
    return {i: "" for run in (hidden + others if proves(found) else hidden) for i in between(run)}


def _is_compound(broken: str, pieces: Run) -> bool:
    """Hyphens, slashes and commas between longer pieces or short words ("self-harm", "and/or", "son-in-law")."""
    if _COMPOUND.fullmatch(broken) is None:
        return False
    return all(len(piece[0]) > 2 or piece[0].lower() in SHORT for piece in pieces[1:])


def guess_broken(text: str) -> Changes:
    """Hidden words in pieces that may be words, too ("ass.hat", "st-upid"), but for compounds of words ("dumb-ass")."""
    runs: list[Run] = []
    for match in _BROKEN.finditer(text):
        pieces = list(PIECE.finditer(text, *match.span()))
        if _COMPOUND.fullmatch(match[0]) is None or not all(map(is_word, pieces)):
            runs += [pieces[first:last] for first, last in runs_of(pieces, HIDDEN)]
    return {i: "" for run in runs for i in between(run)}
