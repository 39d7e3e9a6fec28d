"""What a ladder is made of: one TOML file with `kind = "pictures"`."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, model_validator

from models.training.section import Section

Rung = Literal["svm", "scratch", "frozen", "tuned", "distilled"]
RUNGS: Final[tuple[Rung, ...]] = ("svm", "scratch", "frozen", "tuned", "distilled")
"""From the small model to the big one, and to the small one that the big one taught."""
ENCODED: Final[frozenset[Rung]] = frozenset({"frozen", "tuned", "distilled"})
"""Those that need an encoder."""


class Encoder(Section):
    """A pretrained image encoder of the user's choice; none ships."""

    name: str = ""
    """Hub name, or folder with `config.json` and `model.safetensors`. Empty: the rungs that need one are left out."""
    revision: str | None = None
    """Of the hub's repository."""
    sha256: str = ""
    """Of its `model.safetensors`; another file is refused."""
    side: int = Field(224, ge=32, le=1024)
    """Pixels of the square that it takes."""
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    """Of each channel, as it was trained with; the defaults are ImageNet's. `deviation` likewise."""
    deviation: tuple[float, float, float] = (0.229, 0.224, 0.225)
    licence: str = "not stated"


class SeenThrough(Section):
    """How training pictures are seen."""

    share: float = Field(0.75, ge=0, le=1)
    """Of them, through a drawn device; the rest as they are."""
    copies: int = Field(2, ge=0)
    """Of each picture, beside itself, for the rungs that see every picture once."""


class Lessons(Section):
    """How long and how fast a network learns."""

    steps: int = Field(1500, ge=1)
    rows: int = Field(32, ge=2)
    rate: float = Field(1e-3, gt=0)
    decay: float = Field(0.01, ge=0)
    checkpoint_every: int = Field(100, ge=1)


class SmallNet(Section):
    """The network from scratch, and the student that has the same shape."""

    side: int = Field(128, ge=16, le=512)
    width: int = Field(32, ge=4)
    """Channels of its first layer; each of three further layers has twice as many."""
    dropout: float = Field(0.2, ge=0, lt=1)


class PictureRecipe(Section):
    """A whole ladder."""

    kind: Literal["pictures"]
    name: str
    seed: int = 20_26
    task: Literal["posts", "symptoms"] = "posts"
    """Whose pictures its classifiers may be asked about where they are served."""
    licence: str = "not stated"
    limits: tuple[str, ...] = ()
    """Sentences for the model cards: what whoever knows the pictures would warn of."""
    rungs: tuple[Rung, ...] = Field(RUNGS, min_length=1)
    dev_share: float = Field(0.2, gt=0, lt=1)
    """Of each class, where the folder is not divided."""
    encoder: Encoder = Encoder()
    devices: SeenThrough = SeenThrough()
    small: SmallNet = SmallNet()
    scratch: Lessons = Lessons()
    tuned: Lessons = Lessons(steps=600, rate=2e-5)
    distilled: Lessons = Lessons()
    temperature: float = Field(2.0, gt=0)
    """Of teacher and student where the student learns from the teacher (Hinton et al. 2015)."""
    taught_share: float = Field(0.7, ge=0, le=1)
    """Of the student's loss: the teacher's word; the rest is the labels'."""
    least_agreement: float = Field(0.97, ge=0, le=1)
    """Answers on dev that int8 must leave as they are; otherwise the artifact stays in fp32, and says so."""

    @model_validator(mode="after")
    def _students_have_teachers(self) -> PictureRecipe:
        for rung, needed in (("tuned", "frozen"), ("distilled", "tuned")):
            if rung in self.rungs and needed not in self.rungs:
                raise ValueError(f"the rung {rung} begins with what {needed} learned, which is not among the rungs")
        return self
