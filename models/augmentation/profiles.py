"""Tables of ours about conditions: words for symptoms, typical patients, body parts and acuity.

Written from general medical knowledge and the principles of ESI and KTAS, to teach a classifier how people
write; they are no clinical guidance. The graph gives the probabilities where it knows the condition; for the
other conditions, and for words that the graph lacks, `conditions.tsv` has rough ones.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from models.augmentation.knowledge import Knowledge

CLINICAL = Path(__file__).parent / "clinical"
PAIN, SKIN, SWELLING = "pain_shape", "skin_shape", "swelling_shape"
"""Symptoms whose words depend on the body part (or, for the skin, on the condition)."""


@dataclass(slots=True, frozen=True)
class Symptom:
    """`level` is the acuity that the symptom alone suggests. Verbs to conjugate carry an asterisk in `clauses`."""

    key: str
    evidence: str
    level: int
    who: str
    short: tuple[str, ...]
    clauses: tuple[str, ...]
    zh: tuple[str, ...]


@dataclass(slots=True, frozen=True)
class Part:
    field: str
    en: tuple[str, ...]
    zh: tuple[str, ...]


@dataclass(slots=True, frozen=True)
class Profile:
    """Levels: `level` for a moderate case, `best` the most and `worst` the least urgent one. Ages in years."""

    condition: str
    onset: str
    level: int
    best: int
    worst: int
    ages: tuple[tuple[float, float], ...]
    sex: str
    pain: tuple[str, ...]
    radiates: tuple[str, ...]
    character: tuple[str, ...]
    skin: tuple[str, ...]
    swelling: tuple[str, ...]
    symptoms: Mapping[str, float]


@dataclass(slots=True, frozen=True)
class Visit:
    level: int
    kind: str
    en: tuple[str, ...]
    zh: tuple[str, ...]


@dataclass(frozen=True)
class Clinic:
    symptoms: Mapping[str, Symptom]
    parts: Mapping[str, Part]
    profiles: Mapping[str, Profile]
    visits: tuple[Visit, ...]
    frames: Mapping[str, Any]

    @classmethod
    def load(cls, folder: Path = CLINICAL) -> Clinic:
        symptoms = {row["key"]: _symptom(row) for row in _rows(folder / "symptoms.tsv")}
        parts = {
            row["part"]: Part(row["field"], _split(row["en"]), _split(row["zh"])) for row in _rows(folder / "parts.tsv")
        }
        profiles = {row["condition"]: _profile(row) for row in _rows(folder / "conditions.tsv")}
        visits = tuple(
            Visit(int(row["level"]), row["kind"], _split(row["en"]), _split(row["zh"]))
            for row in _rows(folder / "visits.tsv")
        )
        frames = json.loads((folder / "frames.json").read_text(encoding="utf-8"))
        return cls(symptoms, parts, profiles, visits, frames)

    @cached_property
    def by_evidence(self) -> Mapping[str, str]:
        return {symptom.evidence: key for key, symptom in self.symptoms.items() if symptom.evidence}

    def features(self, condition: str, knowledge: Knowledge) -> dict[str, float]:
        """P(feature | condition) for symptoms, `pain:<part>` and `swelling:<part>`; at most one part at a time."""
        profile = self.profiles[condition]
        chances = dict(profile.symptoms)
        for evidence, probability in knowledge.probabilities.get(condition, {}).items():
            if key := self.by_evidence.get(evidence):
                chances[key] = max(chances.get(key, 0.0), probability)
        groups = ((PAIN, "pain:", profile.pain), (SKIN, "", profile.skin), (SWELLING, "swelling:", profile.swelling))
        for shape, prefix, options in groups:
            whole = chances.pop(shape, 0.0)
            for option in options if whole else ():
                chances[prefix + option] = max(chances.get(prefix + option, 0.0), whole / len(options))
        return chances


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split("|") if part)


def _symptom(row: Mapping[str, str]) -> Symptom:
    words = (_split(row["en_short"]), _split(row["en_clauses"]), _split(row["zh"]))
    return Symptom(row["key"], row["evidence"], int(row["level"]), row["who"], *words)


def _profile(row: Mapping[str, str]) -> Profile:
    level, _, bounds = row["acuity"].partition(":")
    best, worst = bounds.split("-")
    spans = [span.split("-") for span in row["ages"].split(",")]
    own = (pair.split(":") for pair in row["symptoms"].split())
    return Profile(
        row["condition"], row["onset"], int(level), int(best), int(worst),
        tuple((float(low), float(high)) for low, high in spans), row["sex"],
        _split(row["pain"]), _split(row["radiates"]), _split(row["character"]), _split(row["skin"]),
        _split(row["swelling"]), {key: float(chance) for key, chance in own},
    )  # fmt: skip
