"""The section of a recipe that says which rows there are, what each may teach, and how often it is drawn."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from models.augmentation.deformation import DEFORMATIONS
from models.examples import TASKS
from models.labels import POST_LABELS
from models.screening.rules import ScreeningRules
from models.training.section import Section, check_names

MAX_POSITIONS = 256
"""Longest input of the artifact in tokens; later position rows of an encoder are cut off."""
TIERS = ("A", "B", "C")
WEAK_LABELS = ("self_harm", "spam", "sexual", "threat", "profanity")
"""Labels with a word filter that keeps likely positives out of weak negatives (see `corpus.py`)."""


class DataRules(Section):
    """Which rows may teach what."""

    beside: tuple[str, ...] = ()
    """Folders beside the data folder, whose tables add rows and labels."""
    tiers: tuple[str, ...] = Field(("A", "B"), min_length=1)
    exceptions: dict[str, tuple[str, ...]] = Field({})
    """Tier C sources allowed, each with the labels or tasks that it may teach."""
    weak_negatives: dict[str, dict[str, int]] = Field({})
    """{label: {language: rows}}: unlabelled rows taken as negatives; word filters keep likely positives out."""
    implied: dict[str, tuple[str, ...]] = Field({})
    """{label: other labels}: where the label is 0, the others are 0 too if nobody labelled them."""
    masked: dict[str, tuple[str, ...]] = Field({})
    """{source: labels} whose 0 says less there: "not hateful" is no "not toxic". Such zeros are not used."""
    ordinary: float = Field(0.0, ge=0, lt=1)
    """Share of the post samples drawn from ordinary texts, those that name a domain; every domain weighs alike."""
    shares: dict[str, float] = Field(
        {
            "post": 0.70,
            "spans": 0.08,
            "sentiment": 0.12,
            "condition": 0.06,
            "urgency": 0.04,
        }
    )
    """Share of the training samples that each task gets."""
    size_exponent: float = Field(0.7, ge=0, le=1)
    """A source of n rows weighs n ** exponent: 1 follows the data, 0 treats all sources alike."""
    source_shares: dict[str, float] = Field({})
    """Fixed share of its task's samples for a source, whatever its size; `source lang` for its rows in one language."""
    rare_labels: dict[str, float] = Field({})
    """Extra share of the post samples drawn from the positives of a rare label."""
    max_tokens: int = Field(96, ge=16, le=MAX_POSITIONS)
    augment: float = Field(0.08, ge=0, le=1)
    """Share of texts whose spelling is deformed on the fly."""
    deformations: tuple[str, ...] = ()
    """Names of the deformations in use; none named means all."""
    written: bool = False
    """Whether the sentences and symptom records written for this project are trained on."""
    contrast: float = Field(0.0, ge=0, le=1)
    """Share of the rows that get a contrastive copy."""
    company: float = Field(0.0, ge=0, le=1)
    """Copies of short rows inside ordinary text, as a share of the rows of posts and of spans."""
    records: int = Field(0, ge=0)
    """Symptom records generated from the knowledge graph."""
    screening: ScreeningRules | None = None
    """What is looked for among the training rows before anything is added to them."""

    def may_teach(self, tier: str, source: str) -> tuple[str, ...]:
        """The labels and tasks that rows of a source are used for: all of them, or its exceptions, or none."""
        return (*POST_LABELS, *TASKS) if tier in self.tiers else self.exceptions.get(source, ())

    def says_nothing(self, source: str, label: str, value: float) -> bool:
        """Whether a label's value is one of the zeros that mean less in this source."""
        return value == 0 and label in self.masked.get(source, ())

    @model_validator(mode="after")
    def _know_the_names(self) -> DataRules:
        """A misspelt name would otherwise leave rows untaught, or stop a run when they have been read and screened."""
        check_names("tiers", self.tiers, TIERS)
        check_names(
            "exceptions", [name for names in self.exceptions.values() for name in names], (*POST_LABELS, *TASKS)
        )
        check_names("weak_negatives", self.weak_negatives, WEAK_LABELS)
        check_names("implied", [label for one, others in self.implied.items() for label in (one, *others)], POST_LABELS)
        check_names("masked", [label for labels in self.masked.values() for label in labels], POST_LABELS)
        check_names("shares", self.shares, TASKS)
        check_names("rare_labels", self.rare_labels, POST_LABELS)
        check_names("deformations", self.deformations, tuple(DEFORMATIONS))
        if min(self.shares.values(), default=0.0) < 0 or not sum(self.shares.values()):
            raise ValueError("shares must not be negative, and one of them more than 0")
        return self


_DRAWING = {
    "ordinary", "shares", "size_exponent", "source_shares", "rare_labels", "max_tokens", "augment", "deformations",
}  # fmt: skip


def row_rules(rules: DataRules) -> dict[str, Any]:
    """Those that decide which rows there are; the others say how often each is drawn and how it is read."""
    return rules.model_dump(mode="json", exclude=_DRAWING)
