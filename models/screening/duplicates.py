"""Rows that say the same again, and rows that contradict each other."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from models.examples import Example
from models.screening.screened import CONFLICT, EXACT, NEAR, TARGETS, Drop, target_table
from models.screening.similar import Indices, similar_pairs

GRAMS = {"en": 5, "zh": 3}
CLUSTER_FLOOR = 0.6
"""Texts at least this similar are never split between training and judging, as in the split of the data."""

_IGNORED = re.compile(r"[\s.,!?;:…。，！？；：、_-]+")
_DECIDED_BY_WORDS = ("post", "sentiment", "condition")
"""Tasks with near duplicates. In urgency one number of a record may decide, in spans every character counts."""
_COMPARED = TARGETS[:-1]
"""Two urgency levels of one record are two opinions, no contradiction."""


def text_key(text: str) -> str:
    """The text without case, width, white space and the marks that end or part sentences.

    Emoji, quotation marks, brackets and strokes stay: there are matched pairs that differ in "=" and "=/" alone.
    """
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text).lower()) or text


def find_conflicts(examples: Sequence[Example], keys: Sequence[str]) -> Iterator[Drop]:
    """A mask for every label on which rows of the same text and task disagree."""
    targets = target_table(examples)
    for rows in _same_text(examples, keys):
        table = targets[rows]
        for column, name in enumerate(_COMPARED):
            known = ~np.isnan(table[:, column])
            if len(np.unique(table[known, column])) > 1:
                for index in np.array(rows)[known].tolist():
                    yield _drop(examples, index, CONFLICT, name)


def find_exact(examples: Sequence[Example], keys: Sequence[str]) -> Iterator[Drop]:
    """Rows that teach nothing that a better row of the same text does not teach."""
    order = Preference(examples)
    for rows in _same_text(examples, keys):
        kept: list[int] = []
        for index in sorted(rows, key=order.rank):
            twin = next((k for k in kept if order.covers(k, index)), None)
            if twin is None:
                kept.append(index)
            else:
                yield _drop(examples, index, EXACT, examples[twin].source)


def find_near(examples: Sequence[Example], pairs: Indices, paired_sources: Iterable[str]) -> Iterator[Drop]:
    """The worse row of each similar pair whose labels agree; a row that is gone drops no other."""
    order, spared, gone = Preference(examples), frozenset(paired_sources), set()
    ranked = [sorted(pair, key=order.rank) for pair in pairs.tolist()]
    for better, worse in sorted(ranked, key=lambda pair: (order.rank(pair[0]), order.rank(pair[1]))):
        first, second = examples[better], examples[worse]
        eligible = first.task == second.task and second.task in _DECIDED_BY_WORDS and second.source not in spared
        if eligible and better not in gone and worse not in gone and order.covers(better, worse):
            gone.add(worse)
            yield _drop(examples, worse, NEAR, first.source)


def near_pairs(examples: Sequence[Example], keys: Sequence[str]) -> tuple[Indices, NDArray[np.float64]]:
    """All pairs of one language that are similar to at least CLUSTER_FLOOR, whatever their tasks and labels."""
    pairs, similarities = [np.empty((0, 2), dtype=np.int64)], [np.empty(0)]
    for lang, gram in GRAMS.items():
        rows = np.array([i for i, e in enumerate(examples) if e.lang == lang], dtype=np.int64)
        found, similarity = similar_pairs([keys[i] for i in rows], gram, CLUSTER_FLOOR)
        pairs.append(rows[found])
        similarities.append(similarity)
    return np.concatenate(pairs), np.concatenate(similarities)


class Preference:
    """Which of two rows of the same meaning is kept: better licence tier, then more labels, then the earlier."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = examples
        self._targets = target_table(examples)
        self._known = (~np.isnan(self._targets)).sum(axis=1) + [e.spans is not None for e in examples]

    def rank(self, index: int) -> tuple[str, int, int]:
        """Sorts the row to keep first."""
        return self._examples[index].tier, -int(self._known[index]), index

    def covers(self, better: int, worse: int) -> bool:
        """Whether every label of the worse row is known for the better one, with the same value."""
        there, here = self._targets[better], self._targets[worse]
        spans = self._examples[worse].spans
        same_spans = spans is None or spans == self._examples[better].spans
        return same_spans and bool(np.all(np.isnan(here) | (here == there)))


def _same_text(examples: Sequence[Example], keys: Sequence[str]) -> Iterator[list[int]]:
    """Groups of two and more rows; span rows carry post labels, so they stand with the posts."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, (example, key) in enumerate(zip(examples, keys, strict=True)):
        groups["post" if example.task == "spans" else example.task, key].append(index)
    return (rows for rows in groups.values() if len(rows) > 1)


def _drop(examples: Sequence[Example], index: int, reason: str, detail: str) -> Drop:
    return Drop(index, examples[index].task, examples[index].source, reason, detail)
