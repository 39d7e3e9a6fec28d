"""What a training run is made of: one TOML file, checked before anything slow starts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.augmentation.deformation import DEFORMATIONS
from models.errors import TidegateError
from models.examples import TASKS
from models.labels import POST_LABELS
from models.screening.rules import ScreeningRules

MAX_POSITIONS = 256
"""Longest input of the artifact in tokens; later position rows of an encoder are cut off."""
TIERS = ("A", "B", "C")
WEAK_LABELS = ("self_harm", "spam", "sexual", "threat", "profanity")
"""Labels with a word filter that keeps likely positives out of weak negatives (see `corpus.py`)."""


class RecipeError(TidegateError):
    """The recipe or the data folder cannot be used; the message is one sentence."""

    exit_code = 2


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BaseModelChoice(_Section):
    """The pretrained encoder and what is kept of it."""

    name: str = "intfloat/multilingual-e5-small"
    """Hub name or folder."""
    layers: int = Field(6, ge=1)
    """The lowest layers are kept: without a teacher they lose least when the top is cut off."""
    early_layer: int = Field(2, ge=1)
    vocabulary: int = Field(40_000, ge=0)
    """Number of pieces to keep, 0 for all."""
    freeze_words: bool = True


class DataRules(_Section):
    """Which rows may teach what."""

    beside: tuple[str, ...] = ()
    """Folders beside the data folder, whose tables add rows and labels."""
    tiers: tuple[str, ...] = Field(("A", "B"), min_length=1)
    exceptions: dict[str, tuple[str, ...]] = {}
    """Tier C sources allowed, each with the labels or tasks that it may teach."""
    weak_negatives: dict[str, dict[str, int]] = {}
    """{label: {language: rows}}: unlabelled rows taken as negatives; word filters keep likely positives out."""
    implied: dict[str, tuple[str, ...]] = {}
    """{label: other labels}: where the label is 0, the others are 0 too if nobody labelled them."""
    masked: dict[str, tuple[str, ...]] = {}
    """{source: labels} whose 0 says less there: "not hateful" is no "not toxic". Such zeros are not used."""
    ordinary: float = Field(0.0, ge=0, lt=1)
    """Share of the post samples drawn from ordinary texts, those that name a domain; every domain weighs alike."""
    shares: dict[str, float] = {
        "post": 0.70,
        "spans": 0.08,
        "sentiment": 0.12,
        "condition": 0.06,
        "urgency": 0.04,
    }
    """Share of the training samples that each task gets."""
    size_exponent: float = Field(0.7, ge=0, le=1)
    """A source of n rows weighs n ** exponent: 1 follows the data, 0 treats all sources alike."""
    source_shares: dict[str, float] = {}
    """Fixed share of its task's samples for a source, whatever its size; `source lang` for its rows in one language."""
    rare_labels: dict[str, float] = {}
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
        _check("tiers", self.tiers, TIERS)
        _check("exceptions", [name for names in self.exceptions.values() for name in names], (*POST_LABELS, *TASKS))
        _check("weak_negatives", self.weak_negatives, WEAK_LABELS)
        _check("implied", [label for one, others in self.implied.items() for label in (one, *others)], POST_LABELS)
        _check("masked", [label for labels in self.masked.values() for label in labels], POST_LABELS)
        _check("shares", self.shares, TASKS)
        _check("rare_labels", self.rare_labels, POST_LABELS)
        _check("deformations", self.deformations, tuple(DEFORMATIONS))
        if min(self.shares.values(), default=0.0) < 0 or not sum(self.shares.values()):
            raise ValueError("shares must not be negative, and one of them more than 0")
        return self


def _check(field: str, names: Iterable[str], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{field} names {name}, which is none of {', '.join(known)}")


class Schedule(_Section):
    """Length and speed of learning. The run ends at `steps`, or at `minutes` of training time if sooner."""

    steps: int = Field(5_000, ge=1)
    minutes: float = Field(0.0, ge=0)
    rows: int = Field(32, ge=1)
    """Rows a step at about 40 tokens; long texts make smaller batches of the same cost."""
    rate: float = 1e-4
    head_rate: float = 1e-3
    warm_up: float = Field(0.06, ge=0, lt=1)
    weight_decay: float = 0.01
    clip: float = 1.0
    average: float = Field(0.0, ge=0, lt=1)
    """What a step's moving average of the weights keeps of the one before; the average is what a stage ends with.
    0: the last weights are."""
    checkpoint_every: int = Field(250, ge=1)
    precision: Literal["fp32", "bf16"] = "fp32"
    threads: int = Field(2, ge=1)
    walk: int = Field(0, ge=0)
    """Rows are walked in an order of this number and the seed. The factory gives each stage its own: a student that
    saw what its teacher saw, and no more, would learn from answers to rows that the teacher knows by heart."""


class Teacher(_Section):
    """A larger network that is trained first; the student then learns from its answers as well."""

    layers: int = Field(12, ge=1)
    name: str = ""
    """Encoder of the teacher; the same tokenizer as the student's, which is the default, is needed."""
    schedule: Schedule = Schedule()
    rows: int = Field(120_000, ge=1)
    """Training rows that it is asked about, the first of the student's plan."""
    voters: int = Field(1, ge=1)
    """Networks that are trained so, each with heads and an order of rows of its own; the student learns the mean of
    their answers (an ensemble, as in Hinton et al. 2015)."""


class Pruning(_Section):
    """What every layer of the student keeps after its own first training."""

    attention_heads: int = Field(8, ge=1)
    feed_forward: int = Field(768, ge=8)
    rows: int = Field(2048, ge=8)
    """Training rows over which importance is measured."""


class Distillation(_Section):
    """Weights of the teacher's part in the student's loss, and the student's second schedule."""

    schedule: Schedule = Schedule()
    weight: float = Field(1.0, ge=0)
    """Of the soft targets, beside 1 for the labels."""
    hidden: float = Field(1.0, ge=0)
    """Of the angle between the pooled hidden states."""
    early: float = Field(0.5, ge=0)
    """Of its part in the early exit, the tiny student of the cascade."""
    unlabelled: float = Field(0.15, ge=0, le=1)
    """Of the teacher's word where nobody labelled: more rows for rare labels, and its mistakes with them."""


class Operating(_Section):
    """How the artifact is fitted to sets of other origins and to ordinary text when it is exported."""

    suite: tuple[str, ...] = Field(min_length=1)
    """Folders or tables beside the data folder, as `tidegate evaluate --suite` reads them."""
    per_thousand: float = Field(5.0, gt=0, le=1000)
    """Ordinary posts that the balanced point may label in any domain."""
    any_label: bool = False
    """Whether a label of which a table of ordinary text claims nothing counts as wrong, too."""
    keep_scale: tuple[str, ...] = ()
    """Labels whose scores stay on the scale that dev chose."""

    @model_validator(mode="after")
    def _know_the_names(self) -> Operating:
        _check("keep_scale", self.keep_scale, POST_LABELS)
        return self


class Recipe(_Section):
    """A whole run: the student, and around it what the sections say."""

    name: str
    kind: Literal["transformer", "baseline"] = "transformer"
    seed: int = 20_26
    licence: str = "not stated"
    """Of the weights, as the manifest and the card say it."""
    limits: tuple[str, ...] = ()
    """Sentences for the model card: what whoever knows the data would warn of."""
    base: BaseModelChoice = BaseModelChoice()
    data: DataRules = DataRules()
    schedule: Schedule = Schedule()
    teacher: Teacher | None = None
    pruning: Pruning | None = None
    distillation: Distillation | None = None
    operating: Operating | None = None
    loss_weights: dict[str, float] = {
        "post": 1.0, "early_post": 0.3, "spans": 1.0, "sentiment": 1.0, "condition": 1.5, "urgency": 1.0,
    }  # fmt: skip

    @property
    def walk_seed(self) -> int:
        return self.seed + 1009 * self.schedule.walk

    @model_validator(mode="after")
    def _stages_fit(self) -> Recipe:
        if self.pruning is not None and self.distillation is None:
            raise ValueError("[pruning] needs [distillation], in which the pruned student is trained again")
        if self.teacher is not None and self.teacher.layers < self.base.layers:
            raise ValueError(
                f"the teacher has {self.teacher.layers} layers, fewer than the student's {self.base.layers}"
            )
        return self


_DRAWING = {
    "ordinary", "shares", "size_exponent", "source_shares", "rare_labels", "max_tokens", "augment", "deformations",
}  # fmt: skip


def row_rules(rules: DataRules) -> dict[str, Any]:
    """Those that decide which rows there are; the others say how often each is drawn and how it is read."""
    return rules.model_dump(mode="json", exclude=_DRAWING)


def fixed_part(recipe: Recipe) -> Recipe:
    """What may not change in a run folder: all but how long and how fast a stage learns, what an export is fitted to,
    and words for the card."""
    changes: dict[str, Any] = {"schedule": Schedule(), "limits": (), "operating": None}
    for name in ("teacher", "distillation"):
        if (section := getattr(recipe, name)) is not None:
            changes[name] = section.model_copy(update={"schedule": Schedule()})
    return recipe.model_copy(update=changes)
