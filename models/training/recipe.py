"""What a training run is made of: one TOML file, checked before anything slow starts."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.labels import POST_LABELS
from models.screening.rules import ScreeningRules

_MOST_EXTENSIONS = 5
WEAK_LABELS = ("self_harm", "spam", "sexual", "threat", "profanity")
"""Labels with a word filter that keeps likely positives out of weak negatives (see `corpus.py`)."""
RECIPES = Path(__file__).parent / "recipes"
DATA_VARIABLE = "TIDEGATE_TRAINING_DATA"


class RecipeError(Exception):
    """The recipe or the data folder cannot be used; the message is one sentence."""


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

    tiers: tuple[str, ...] = ("A", "B")
    exceptions: dict[str, tuple[str, ...]] = {}
    """Tier C sources allowed, each with the labels or tasks that it may teach."""
    weak_negatives: dict[str, dict[str, int]] = {}
    """{label: {language: rows}}: unlabelled rows taken as negatives; word filters keep likely positives out."""
    implied: dict[str, tuple[str, ...]] = {}
    """{label: other labels}: where the label is 0, the others are 0 too if nobody labelled them."""
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
    """Fixed share of its task's samples for a source, whatever its size."""
    rare_labels: dict[str, float] = {}
    """Extra share of the post samples drawn from the positives of a rare label."""
    max_tokens: int = Field(96, ge=16)
    augment: float = Field(0.08, ge=0, le=1)
    """Share of texts whose spelling is deformed on the fly."""
    deformations: tuple[str, ...] = ()
    """Names of the deformations in use; none named means all."""
    written: bool = False
    """Whether the sentences written for this project are trained on."""
    contrast: float = Field(0.0, ge=0, le=1)
    """Share of the rows that get a contrastive copy."""
    records: int = Field(0, ge=0)
    """Symptom records generated from the knowledge graph."""
    screening: ScreeningRules | None = None
    """What is looked for among the training rows before anything is added to them."""

    @model_validator(mode="after")
    def _know_the_labels(self) -> DataRules:
        """A misspelt label would otherwise stop a run when its rows have been read and screened."""
        implied = [label for one, others in self.implied.items() for label in (one, *others)]
        for field, named, known in (
            ("rare_labels", self.rare_labels, POST_LABELS),
            ("implied", implied, POST_LABELS),
            ("weak_negatives", self.weak_negatives, WEAK_LABELS),
        ):
            for label in named:
                if label not in known:
                    raise ValueError(f"{field} names {label}, which is none of {', '.join(known)}")
        return self


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


class Recipe(_Section):
    """A whole run: the student, and around it what the sections say."""

    name: str
    kind: Literal["transformer", "baseline"] = "transformer"
    seed: int = 20_26
    licence: str = "MIT"
    base: BaseModelChoice = BaseModelChoice()
    data: DataRules = DataRules()
    schedule: Schedule = Schedule()
    teacher: Teacher | None = None
    pruning: Pruning | None = None
    distillation: Distillation | None = None
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


def without_schedules(recipe: Recipe) -> Recipe:
    """What may not change in a run folder: everything but how long and how fast a stage learns."""
    changes: dict[str, Any] = {"schedule": Schedule()}
    for name in ("teacher", "distillation"):
        if (section := getattr(recipe, name)) is not None:
            changes[name] = section.model_copy(update={"schedule": Schedule()})
    return recipe.model_copy(update=changes)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe by path, or by the name of one that ships in `recipes/`.

    A recipe may extend another (`extends = "release"`, or a file, from its own folder on): tables are merged, other
    values replaced, `drop` left out.
    """
    try:
        return Recipe.model_validate(_read_document(path))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        reason = "; ".join(str(error).splitlines()[:3])
        raise RecipeError(f"The recipe {path} cannot be used: {reason}") from None


def _read_document(path: Path, depth: int = 0) -> dict[str, Any]:
    source = path if path.is_file() else RECIPES / f"{path.name}.toml"
    if not source.is_file():
        known = ", ".join(sorted(p.stem for p in RECIPES.glob("*.toml")))
        raise RecipeError(f"There is no recipe {path}; the recipes that ship are {known}.")
    if depth > _MOST_EXTENSIONS:
        raise RecipeError(f"The recipe {path} extends itself, or too many others.")
    document = tomllib.loads(source.read_text(encoding="utf-8"))
    parent = document.pop("extends", None)
    dropped = document.pop("drop", [])
    if parent is None:
        return document
    beside = source.parent / parent
    inherited = _read_document(beside if beside.is_file() else Path(parent), depth + 1)
    for name in dropped:
        _drop(inherited, name.split("."))
    return _merge(inherited, document)


def _merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in changes.items():
        both = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = _merge(merged[name], value) if both else value
    return merged


def _drop(document: dict[str, Any], path: list[str]) -> None:
    """Remove a key, named by its path; one that is not there is a mistake of the recipe."""
    *parents, last = path
    for name in parents:
        document = document.get(name, {})
    if document.pop(last, None) is None:
        raise RecipeError(f"A recipe drops {'.'.join(path)}, which the one that it extends does not have.")


def find_data(folder: Path | None) -> Path:
    """The data folder: the argument, else the environment variable TIDEGATE_TRAINING_DATA."""
    chosen = folder or (Path(os.environ[DATA_VARIABLE]) if os.environ.get(DATA_VARIABLE) else None)
    if chosen is None:
        raise RecipeError(f"Say where the training data is: --data FOLDER or {DATA_VARIABLE}.")
    if not any(chosen.glob("*/train.parquet")) and not any(chosen.glob("*/train.jsonl")):
        raise RecipeError(f"{chosen} holds no table such as posts/train.parquet, so it is not a training data folder.")
    return chosen
