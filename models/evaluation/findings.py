"""Findings with how they are meant: what readers marked in records against what was found there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.complaint import Assertion
from models.evaluation.resampling import Bootstrap, Figure
from models.evaluation.statistics import Floats, PairCells, Statistics

Pairs = frozenset[tuple[str, str]]
"""Keys of findings, each with its assertion. What a record says twice counts once."""

WRITER: Final = "writer"
SECOND_READER: Final = "second reader"
PHRASES: Final = "phrases"
JOINED: Final = "phrases and passages"
ANY: Final = "any"
COUNTING: Final = "counting"
MEANT: Final[Mapping[str, frozenset[str]]] = {
    ANY: frozenset(Assertion),
    COUNTING: frozenset({Assertion.PRESENT, Assertion.POSSIBLE}),
    **{one.value: frozenset({one.value}) for one in Assertion},
}
"""Assertions that are figured as one: `any` asks only whether a finding was seen, `counting` what triage goes by."""


@dataclass(frozen=True, slots=True)
class MarkedRecord:
    """A record, and what was marked in it by WRITER, and by SECOND_READER where there was one."""

    id: str
    family: str
    """Records of one family are drawn together: they have words in common."""
    lang: str
    marked: Mapping[str, Pairs]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Precision, recall and F1 of what is meant alike in one language."""

    lang: str
    meant: str
    wanted: int
    found: int
    figures: Mapping[str, Figure]
    gain: Figure | None
    """F1 beyond that of the phrases, both drawn together."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "lang": self.lang, "meant": self.meant, "wanted": self.wanted, "found": self.found,
            **{name: one._asdict() for name, one in self.figures.items()},
            "f1_beyond_phrases": None if self.gain is None else self.gain._asdict(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """What somebody found against what a reader marked, on the records that both saw."""

    finder: str
    reader: str
    records: int
    agreements: Sequence[Agreement]

    def as_dict(self) -> dict[str, Any]:
        return {
            "finder": self.finder, "against": self.reader, "records": self.records,
            "figures": [one.as_dict() for one in self.agreements],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Gain:
    """F1 of the second less that of the first."""

    first: PairCells
    second: PairCells

    @property
    def counts(self) -> Floats:
        return self.first.counts

    def statistics(self, weights: Floats) -> Statistics:
        return {"f1": self.second.statistics(weights)["f1"] - self.first.statistics(weights)["f1"]}


def compare(
    records: Sequence[MarkedRecord], finders: Mapping[str, Mapping[str, Pairs]], bootstrap: Bootstrap
) -> Iterator[Comparison]:
    """Each finder with each reader, and the second reader with the writer: who agrees with one of them more than they
    do with one another has learned that one's habits.

    Args:
        finders: by name, what each found, by the id of the record. Where PHRASES are among them, the others are held
            to them.
    """
    second = {one.id: one.marked[SECOND_READER] for one in records if SECOND_READER in one.marked}
    for reader in (WRITER, SECOND_READER):
        asked = {**finders, SECOND_READER: second} if reader == WRITER else finders
        for finder, found in asked.items():
            own = [one for one in records if reader in one.marked and one.id in found]
            if own:
                phrases = None if finder == PHRASES else finders.get(PHRASES)
                yield Comparison(finder, reader, len(own), list(_agreements(own, reader, found, phrases, bootstrap)))


def _agreements(
    records: Sequence[MarkedRecord],
    reader: str,
    found: Mapping[str, Pairs],
    phrases: Mapping[str, Pairs] | None,
    bootstrap: Bootstrap,
) -> Iterator[Agreement]:
    """Of all, then of each language; what is neither wanted nor found has no figures."""
    for lang in ("all", *sorted({one.lang for one in records})):
        own = [one for one in records if lang in ("all", one.lang)]
        for meant in MEANT:
            cells = _cells(own, reader, found, meant)
            wanted, count = int(cells.wanted.sum()), int(cells.found.sum())
            if wanted or count:
                gain = None
                if phrases is not None:
                    gain = bootstrap.figures(_Gain(_cells(own, reader, phrases, meant), cells))["f1"]
                yield Agreement(lang, meant, wanted, count, bootstrap.figures(cells), gain)


def _cells(records: Sequence[MarkedRecord], reader: str, found: Mapping[str, Pairs], meant: str) -> PairCells:
    families = np.unique([one.family for one in records], return_inverse=True)[1]
    wanted = [_keys(one.marked[reader], meant) for one in records]
    seen = [_keys(found[one.id], meant) for one in records]
    hits = [a & b for a, b in zip(wanted, seen, strict=True)]
    return PairCells.of(families, *(np.array([len(keys) for keys in sets], float) for sets in (wanted, seen, hits)))


def _keys(pairs: Pairs, meant: str) -> set[str]:
    return {key for key, assertion in pairs if assertion in MEANT[meant]}
