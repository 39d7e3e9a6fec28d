"""The graph of conditions, evidences and their values, read from the tables of the knowledge folder."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq


@dataclass(slots=True, frozen=True)
class Evidence:
    """`parent` must be present before this one is asked for; `values` are in words, without the default."""

    name: str
    kind: str
    data_type: str
    parent: str | None = None
    values: tuple[str, ...] = ()


@dataclass(slots=True, frozen=True)
class Knowledge:
    """`probabilities[condition][evidence]`: P(present | condition), of one with values P(recorded | condition)."""

    priors: Mapping[str, float] = field(default_factory=dict)
    evidences: Mapping[str, Evidence] = field(default_factory=dict)
    probabilities: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not self.priors

    @classmethod
    def load(cls, data: Path) -> Knowledge:
        """The graph in `data/knowledge`, or an empty one where there is no such folder.

        Raises ValueError where the tables contradict each other.
        """
        folder = data / "knowledge"
        if not folder.is_dir():
            return cls()
        values: dict[str, list[str]] = defaultdict(list)
        for row in _rows(folder / "evidence_values.parquet"):
            values[row["evidence"]].append(row["meaning"] or row["value"])
        evidences = {row["evidence"]: _evidence(row, values) for row in _rows(folder / "evidences.parquet")}
        probabilities: dict[str, dict[str, float]] = defaultdict(dict)
        for row in _rows(folder / "edges.parquet"):
            probabilities[row["condition"]][row["evidence"]] = row["probability"]
        priors = {row["condition"]: row["prior"] for row in _rows(folder / "conditions.parquet")}
        knowledge = cls(priors, evidences, dict(probabilities))
        knowledge._validate()
        return knowledge

    def draw(self, condition: str, chance: random.Random) -> dict[str, str]:
        """The evidences of one made-up patient with their values; a child is there only with its parent.

        Values are drawn evenly, because the source does not say how they depend on the condition.
        """
        drawn: dict[str, str] = {}
        chances = self.probabilities.get(condition, {})
        for name in sorted(chances, key=self._depth):
            evidence = self.evidences[name]
            asked = evidence.parent not in self.evidences or evidence.parent in drawn
            if asked and chance.random() < chances[name]:
                drawn[name] = chance.choice(evidence.values) if evidence.values else "1"
        return drawn

    def _depth(self, name: str) -> tuple[int, str]:
        depth, parent = 0, self.evidences[name].parent
        while parent is not None and parent in self.evidences:
            depth, parent = depth + 1, self.evidences[parent].parent
            if depth > len(self.evidences):
                raise ValueError(f"evidence {name} is its own ancestor")
        return depth, name

    def _validate(self) -> None:
        for name in self.evidences:
            self._depth(name)
        for condition, chances in self.probabilities.items():
            if condition not in self.priors:
                raise ValueError(f"edges name the unknown condition {condition}")
            for name, probability in chances.items():
                if name not in self.evidences:
                    raise ValueError(f"{condition}: unknown evidence {name}")
                if not 0.0 <= probability <= 1.0:
                    raise ValueError(f"{condition}: P({name}) is {probability}")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    yield from pq.read_table(path).to_pylist()


def _evidence(row: Mapping[str, Any], values: Mapping[str, list[str]]) -> Evidence:
    """Values that mean "none" are left out: an evidence without value is an absent one."""
    known = values.get(row["evidence"], [])
    shown = tuple(value for value in known if value not in ("nowhere", "NA", "N", "0"))
    return Evidence(row["evidence"], row["kind"], row["data_type"], row["parent"], shown)
