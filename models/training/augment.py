"""Deformed spellings while training: a share of the rows reads as if its writer had tried to pass a filter."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from models.augmentation.deformation import DEFORMATIONS, Deformed, kinds_for
from models.augmentation.lexicons import Lexicons
from models.examples import Example, move_spans
from models.text import is_blocked, normalise

_TASKS = ("post", "sentiment", "spans")
_SECOND_SHARE = 0.2


class Augmenter:
    """Deforms a share of the texts, by `kinds` or by all that fit the language.

    The result is normalised, so that the network reads what it would read when serving; spans move along.
    A text whose hash is blocked never comes out.
    """

    def __init__(
        self, share: float, blocked: frozenset[str], lexicons: Lexicons, kinds: Sequence[str] | None = None
    ) -> None:
        """Raises KeyError for a kind that is none of `DEFORMATIONS`."""
        self.share = share
        self.blocked = blocked
        self.lexicons = lexicons
        for kind in kinds or ():
            DEFORMATIONS[kind]
        self.kinds = None if kinds is None else frozenset(kinds)

    def __call__(self, example: Example, random: random.Random) -> Example:
        """The example itself, or a copy with deformed text."""
        if example.task not in _TASKS or random.random() >= self.share:
            return example
        deformed = self._deform(example.text, example.lang, random)
        if deformed.text in ("", example.text) or is_blocked(deformed.text, self.blocked):
            return example
        spans = None if example.spans is None else move_spans(example.spans, deformed.offsets)
        return replace(example, text=deformed.text, spans=spans)

    def _deform(self, text: str, lang: str, random: random.Random) -> Deformed:
        kinds = [kind for kind in kinds_for(lang) if self.kinds is None or kind in self.kinds]
        rounds = min(len(kinds), 1 + (random.random() < _SECOND_SHARE))
        deformed = Deformed(text, range(len(text)))
        for kind in random.sample(kinds, rounds):
            deformed = _behind(deformed, DEFORMATIONS[kind](deformed.text, random, self.lexicons))
        clean = normalise(deformed.text)
        return _behind(deformed, Deformed(clean.text, clean.offsets))


def _behind(first: Deformed, second: Deformed) -> Deformed:
    """`second`, made of the text of `first`, with offsets into the original of `first`."""
    return Deformed(second.text, [first.offsets[i] for i in second.offsets])
