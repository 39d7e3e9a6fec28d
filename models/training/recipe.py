"""What a training run is made of: one TOML file, checked before anything slow starts."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from models.errors import TidegateError
from models.false_alarms import PER_THOUSAND
from models.labels import POST_LABELS
from models.training.data_rules import DataRules
from models.training.section import Section, check_names


class RecipeError(TidegateError):
    """The recipe or the data folder cannot be used; the message is one sentence."""

    exit_code = 2


class BaseModelChoice(Section):
    """The pretrained encoder and what is kept of it."""

    name: str = "intfloat/multilingual-e5-small"
    """Hub name or folder."""
    layers: int = Field(6, ge=1)
    """The lowest layers are kept: without a teacher they lose least when the top is cut off."""
    early_layer: int = Field(2, ge=1)
    vocabulary: int = Field(40_000, ge=0)
    """Number of pieces to keep, 0 for all."""
    freeze_words: bool = True


class Schedule(Section):
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
    """Of the arithmetic on a GPU; a CPU always calculates in fp32."""
    threads: int = Field(2, ge=1)
    walk: int = Field(0, ge=0)
    """Rows are walked in an order of this number and the seed. The factory gives each stage its own: a student that
    saw what its teacher saw, and no more, would learn from answers to rows that the teacher knows by heart."""


class Teacher(Section):
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


class Pruning(Section):
    """What every layer of the student keeps after its own first training."""

    attention_heads: int = Field(8, ge=1)
    feed_forward: int = Field(768, ge=8)
    rows: int = Field(2048, ge=8)
    """Training rows over which importance is measured."""


class Distillation(Section):
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


class Operating(Section):
    """How the artifact is fitted to sets of other origins and to ordinary text when it is exported."""

    suite: tuple[str, ...] = Field(min_length=1)
    """Folders or tables beside the data folder, as `tidegate evaluate --suite` reads them."""
    per_thousand: float = Field(PER_THOUSAND, gt=0, le=1000)
    """Ordinary posts that the balanced point may label in any domain."""
    any_label: bool = False
    """Whether a label of which a table of ordinary text claims nothing counts as wrong, too."""
    keep_scale: tuple[str, ...] = ()
    """Labels whose scores stay on the scale that dev chose."""

    @model_validator(mode="after")
    def _know_the_names(self) -> Operating:
        check_names("keep_scale", self.keep_scale, POST_LABELS)
        return self


class Recipe(Section):
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
    keep: float = Field(0.0, ge=0, lt=1)
    """Of the network that a run goes on from (`--start`): its share of the weights that the run ends with."""
    loss_weights: dict[str, float] = Field({
        "post": 1.0, "early_post": 0.3, "spans": 1.0, "sentiment": 1.0, "condition": 1.5, "urgency": 1.0,
    })  # fmt: skip

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


def fixed_part(recipe: Recipe) -> Recipe:
    """What may not change in a run folder: all but how long and how fast a stage learns, what an export is fitted to,
    and words for the card."""
    changes: dict[str, Any] = {"schedule": Schedule(), "limits": (), "operating": None}
    for name in ("teacher", "distillation"):
        if (section := getattr(recipe, name)) is not None:
            changes[name] = section.model_copy(update={"schedule": Schedule()})
    return recipe.model_copy(update=changes)
