"""The text as the encoder reads it, in training and in serving: clean, masked, disguises undone.

All patterns are linear in the length of the text: quantifiers are possessive or bounded, and look-behinds let a match
start only where a word starts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.characters import ACCENTS, INVISIBLE, ODD_SPACE, SURROGATES
from models.text.changes import Step, changed
from models.text.escapes import unescape
from models.text.folding import STEPS
from models.text.marks import composed
from models.text.markup import decode, unwrap
from models.text.masks import mask
from models.text.scanning import is_plain
from models.text.spacing import join_apart

_DIRT = re.compile(f"[{INVISIBLE}{ACCENTS}]+|[{ODD_SPACE} ]+|[{SURROGATES}]")
_CLEAN = re.compile(f"[{INVISIBLE}{ODD_SPACE}{SURROGATES}{ACCENTS}]|  |\\A | \\Z")
_IS_ACCENT = re.compile(f"[{ACCENTS}]")

_PASSES = 6  # a mask or fold may uncover the next one ("x.com@bob"); chains longer than this are left as they are


@dataclass(slots=True, frozen=True)
class NormalisedText:
    """Clean, masked text. A span `[a, b)` of it covers `[offsets[a], offsets[b - 1] + 1)` of the original."""

    text: str
    offsets: Sequence[int]


def normalise(text: str) -> NormalisedText:
    """Remove invisible marks, fold white space, mask links, handles, phone numbers and e-mail addresses, and undo
    disguised spellings as far as that is sure (`models.text.folding`).

    Idempotent: normalising the result changes nothing. Lone surrogates, which no UTF-8 output can hold,
    become U+FFFD.
    """
    clean = NormalisedText(text, range(len(text)))
    return clean if is_plain(text) else settled(clean, STEPS)


def settled(clean: NormalisedText, steps: Sequence[Step]) -> NormalisedText:
    """The text when masks and these steps find nothing any more."""
    text, offsets = _tidy(clean.text, clean.offsets)
    for _ in range(_PASSES):
        before = text
        for step in (mask, unescape, decode, unwrap, *steps):
            if changes := step(text):
                text, offsets = changed(text, offsets, changes)
        if text == before:
            break
        text, offsets = _tidy(text, offsets)
    return NormalisedText(text, offsets)


def _tidy(text: str, offsets: Sequence[int]) -> tuple[str, Sequence[int]]:
    """Marks on letters composed, what is invisible dropped, white space folded once it has shown where words end."""
    if _CLEAN.search(text) is None:
        return text, offsets
    pieces: list[str] = []
    places: list[int] = []
    position = 0
    for match in _DIRT.finditer(text):
        start, end = match.span()
        pieces += text[position:start]
        places += range(position, start)
        position = end
        first = text[start]
        if "\ud800" <= first <= "\udfff":
            pieces.append("\ufffd")
            places.append(start)
        elif first.isspace():
            pieces += " " * (end - start)
            places += range(start, end)
        elif accents := "".join(_IS_ACCENT.findall(match[0])):
            cluster = composed(pieces.pop(), accents) if pieces else accents[:1]
            pieces += cluster
            places += range(start, start + len(cluster) - 1) if len(places) else [start]
    pieces += text[position:]
    places += range(position, len(text))
    spaced = "".join(pieces)
    return _close_gaps(*changed(spaced, [offsets[place] for place in places], join_apart(spaced)))


def _close_gaps(text: str, offsets: Sequence[int]) -> tuple[str, Sequence[int]]:
    """Drop spaces at the ends and all but the first of those side by side."""
    kept = [i for i, character in enumerate(text) if character != " " or (i and text[i - 1] != " ")]
    while kept and text[kept[-1]] == " ":
        kept.pop()
    return "".join([text[i] for i in kept]), [offsets[i] for i in kept]
