"""Runs the steps of screening in order, or finds what an earlier run decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

from models.examples import Example
from models.screening.duplicates import find_conflicts, find_exact, find_near, near_pairs, text_key
from models.screening.rules import ScreeningRules
from models.screening.screened import BLOCKED, EMPTY, MASKS, Drop, Screened, apply_drops, screening_key, teaches
from models.screening.suspects import find_suspects
from models.text import is_blocked

CACHE = "screening.json"


def screen(
    examples: Sequence[Example], rules: ScreeningRules, blocked: frozenset[str], progress: bool = True
) -> Screened:
    """Screen training rows (never dev rows). Deterministic; the examples are not changed.

    Steps build on each other: a contradiction is masked before duplicates are compared, and label errors are
    looked for among the rows that are left.
    """
    drops = _decide(examples, rules, blocked, Console(stderr=True, quiet=not progress))
    drops.sort(key=lambda drop: drop.index)
    return Screened(apply_drops(examples, drops), drops, screening_key(examples, rules, blocked))


def screen_once(
    examples: Sequence[Example],
    rules: ScreeningRules,
    blocked: frozenset[str],
    cache: Path | None,
    progress: bool = True,
) -> Screened:
    """As `screen`; the decisions are kept in the folder `cache` and used again for the same rules and rows."""
    if cache is None:
        return screen(examples, rules, blocked, progress)
    file = cache / CACHE
    known = Screened.load(file, examples, screening_key(examples, rules, blocked))
    if known is None:
        known = screen(examples, rules, blocked, progress)
        cache.mkdir(parents=True, exist_ok=True)
        known.save(file)
    return known


def _decide(
    examples: Sequence[Example], rules: ScreeningRules, blocked: frozenset[str], console: Console
) -> list[Drop]:
    with console.status("screening: blocked texts") as status:

        def say(step: str) -> None:
            status.update(f"screening: {step}")

        work = _Work(examples)
        work.settle(_find_blocked(work.rows, blocked))
        if rules.conflicts:
            say("conflicting labels")
            work.settle(find_conflicts(work.rows, work.keys))
        if rules.exact_duplicates:
            say("exact duplicates")
            work.settle(find_exact(work.rows, work.keys))
        if rules.near_duplicates < 1 or rules.suspects:
            say("similar texts")
            work.pairs, work.similarity = near_pairs(work.rows, work.keys)
        if rules.near_duplicates < 1:
            close = work.pairs[work.similarity >= rules.near_duplicates]
            work.settle(find_near(work.rows, close, rules.paired_sources))
        if rules.suspects:
            work.settle(find_suspects(work.rows, work.pairs, rules, say))
    return work.drops


class _Work:
    """The rows that are left after each step, and what has been decided so far, by original row number."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.rows = list(examples)
        self.keys = [text_key(e.text) for e in examples]
        self.pairs = np.empty((0, 2), dtype=np.int64)
        self.similarity = np.empty(0)
        self.drops: list[Drop] = []
        self._origin = np.arange(len(examples))

    def settle(self, found: Iterable[Drop]) -> None:
        """Carry out decisions about the present rows."""
        found = list(found)
        masks = [drop for drop in found if drop.reason in MASKS]
        self.rows = apply_drops(self.rows, masks)
        emptied = {drop.index for drop in masks if not teaches(self.rows[drop.index])}
        found += [Drop(i, self.rows[i].task, self.rows[i].source, EMPTY) for i in sorted(emptied)]
        self.drops += [replace(drop, index=int(self._origin[drop.index])) for drop in found]
        stay = np.ones(len(self.rows), dtype=bool)
        stay[[drop.index for drop in found if drop.reason not in MASKS]] = False
        self._keep(stay)

    def _keep(self, stay: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
        moved = np.cumsum(stay) - 1
        both = stay[self.pairs].all(axis=1)
        self.pairs, self.similarity = moved[self.pairs[both]], self.similarity[both]
        left = np.flatnonzero(stay).tolist()
        self.rows, self.keys = [self.rows[i] for i in left], [self.keys[i] for i in left]
        self._origin = self._origin[stay]


def _find_blocked(examples: Sequence[Example], blocked: frozenset[str]) -> Iterator[Drop]:
    for index, example in enumerate(examples):
        if is_blocked(example.text, blocked):
            yield Drop(index, example.task, example.source, BLOCKED)
