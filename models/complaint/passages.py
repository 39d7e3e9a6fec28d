"""Findings by the characters of a passage: what no phrase says, in words that are like those of marked records.

Of each passage the runs of one to five characters are counted in buckets, and a linear layer makes of them how much the
passage is like those in which a finding is there, or is denied. Nothing of a language is in it. The weights are learned
by `models.training.passage_weights`, and docs/findings.md has what they win.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.complaint.letters import plain_letters
from models.complaint.mention import Assertion
from models.folders import PASSAGE_WEIGHTS

LONGEST: Final = 2_000  # characters of a text that are looked at, so that a long one takes no longer than that
RUNS: Final = 5  # characters of the longest run
BUCKETS: Final = 2**13

_END: Final = re.compile(r"[!?;,:\n。！？；，、：]|\.(?!\d)| - ")
_MULTIPLIER, _SPREAD, _MIX = np.uint32(0x01000193), np.uint32(0x9E3779B1), np.uint32(0x2C1B3C6D)
_HALF, _REST = np.uint32(15), np.uint32(32 - BUCKETS.bit_length() + 1)


class Passage(NamedTuple):
    """Its place in the text, without what separates it from others."""

    start: int
    end: int


class Likeness(NamedTuple):
    """What a passage is like, and how much: 0 is not at all, 1 as much as those that were learned from."""

    finding: str
    assertion: Assertion
    passage: Passage
    value: float


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of characters, by the passage that they stand in; each bucket once a passage."""

    buckets: NDArray[np.int64]
    starts: NDArray[np.int64]
    """Of each passage its first bucket."""


def passages(text: str) -> list[Passage]:
    """Those of the first `LONGEST` characters that hold more than signs."""
    text = text[:LONGEST]
    ends = [0, *(match.end() for match in _END.finditer(text)), len(text)]
    found = []
    for start, end in pairwise(ends):
        inside = text[start:end]
        if any(character.isalnum() for character in inside):
            last = start + len(inside.rstrip(" ,.;:!?-\n。！？；，、："))
            found.append(Passage(start + len(inside) - len(inside.lstrip()), last))
    return found


def runs_in(text: str, parts: Sequence[Passage]) -> Runs:
    """Args:
    text: in lower case.
    parts: of it, at least one.
    """
    padded = [f" {text[one.start : one.end]} " for one in parts]
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), "<u4")
    owner = np.repeat(np.arange(len(parts)), [len(one) for one in padded])
    hashed, found = np.zeros(len(codes), np.uint32), []
    for length in range(1, RUNS + 1):
        count = len(codes) - length + 1
        if count < 1:
            break
        hashed = (hashed[:count] * _MULTIPLIER) ^ codes[length - 1 :]
        spread = hashed * _SPREAD + np.uint32(length)
        bucket = ((spread ^ (spread >> _HALF)) * _MIX) >> _REST
        inside = owner[:count] == owner[length - 1 :]
        found.append(owner[:count][inside] * BUCKETS + bucket[inside])
    places = np.sort(np.concatenate(found))
    places = places[np.diff(places, prepend=-1) > 0]  # a quarter of the time of `np.unique`, which hashes first
    return Runs(places % BUCKETS, np.searchsorted(places, np.arange(len(parts)) * BUCKETS))


class PassageWeights:
    """A linear layer over runs of characters. Pure; any thread may call it.

    Args:
        outputs: a finding and how it is meant, one a column.
        weights: [buckets, outputs], of which `scales` [outputs] make numbers.
        rarity: [buckets], what a run counts; 0 for those that were hardly seen.
    """

    def __init__(
        self,
        outputs: Sequence[tuple[str, Assertion]],
        weights: NDArray[np.int8],
        scales: NDArray[np.float32],
        rarity: NDArray[np.float32],
    ) -> None:
        if weights.shape != (BUCKETS, len(outputs)) or rarity.shape != (BUCKETS,) or scales.shape != (len(outputs),):
            raise ValueError(f"weights of {weights.shape} do not fit {BUCKETS} buckets and {len(outputs)} outputs")
        self.outputs = outputs
        self._weights = weights * rarity[:, None]
        self._scales, self._rarity = scales, rarity

    @classmethod
    @cache
    def load(cls, path: Path = PASSAGE_WEIGHTS) -> PassageWeights:
        """Raises ValueError if the file is none of these."""
        with np.load(path, allow_pickle=False) as file:
            try:
                outputs = [(str(key), Assertion(said)) for key, said in file["outputs"]]
                return cls(outputs, file["weights"], file["scales"], file["rarity"])
            except KeyError as error:
                raise ValueError(f"{path} has no {error}") from None

    def alike(self, text: str, bar: float) -> Iterator[Likeness]:
        """What the passages of a text are like, at least as much as `bar`."""
        plain = plain_letters(text[:LONGEST])
        parts = passages(plain)
        if not parts:
            return
        values = self._values(runs_in(plain, parts))
        for place, column in zip(*np.nonzero(values >= bar), strict=True):
            finding, assertion = self.outputs[column]
            yield Likeness(finding, assertion, parts[place], float(values[place, column]))

    def _values(self, runs: Runs) -> NDArray[Any]:
        """[passages, outputs]."""
        lengths = np.sqrt(np.add.reduceat(self._rarity[runs.buckets] ** 2, runs.starts))
        sums = np.add.reduceat(self._weights[runs.buckets], runs.starts)
        return sums / np.maximum(lengths, 1e-6)[:, None] * self._scales
