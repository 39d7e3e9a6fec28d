"""How the names of OpenAI's categories and Perspective's attributes stand for our labels: read from `mapping.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from models.labels import POST_LABELS

FILE: Final = Path(__file__).with_name("mapping.toml")


def _known(label: str) -> str:
    if label not in POST_LABELS:
        raise ValueError("is no label of ours")
    return label


Label = Annotated[str, AfterValidator(_known)]


class Meaning(BaseModel):
    """What one of their names is here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    labels: tuple[Label, ...]
    how: Literal["any", "all"] = "any"
    capped_by: Label | None = None
    close: Literal["same", "near", "part", "rough", "none"]
    own: bool = False
    """A name of ours in their answer."""
    note: Annotated[str, Field(min_length=1)]

    @property
    def is_assessed(self) -> bool:
        return bool(self.labels)

    def score(self, scores: Mapping[str, float]) -> float:
        """0.0 for what is not assessed."""
        if not self.labels:
            return 0.0
        values = [scores[label] for label in self.labels]
        score = min(values) if self.how == "all" else max(values)
        return score if self.capped_by is None else min(score, scores[self.capped_by])

    def stands(self, labels: Collection[str]) -> bool:
        """Whether it is true of a text with these labels."""
        if not self.labels:
            return False
        agrees = all if self.how == "all" else any
        return agrees(label in labels for label in self.labels)


class _Mapping(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    openai: tuple[Meaning, ...]
    perspective: tuple[Meaning, ...]


@cache
def _mapping() -> _Mapping:
    return _Mapping.model_validate(tomllib.loads(FILE.read_text("utf-8")))


def categories() -> tuple[Meaning, ...]:
    """OpenAI's 13, in their order, then ours."""
    return _mapping().openai


def by_meaning() -> dict[str, Meaning]:
    """What is assessed, by all the names that mean the same, Perspective's after OpenAI's."""
    names: dict[tuple[object, ...], list[str]] = {}
    meanings: dict[tuple[object, ...], Meaning] = {}
    for meaning in (*categories(), *attributes().values()):
        if meaning.is_assessed:
            what = meaning.labels, meaning.how, meaning.capped_by
            names.setdefault(what, []).append(meaning.name)
            meanings.setdefault(what, meaning)
    return {", ".join(names[what]): meaning for what, meaning in meanings.items()}


@cache
def attributes() -> Mapping[str, Meaning]:
    """Perspective's, by name."""
    return {meaning.name: meaning for meaning in _mapping().perspective}
