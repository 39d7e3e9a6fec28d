"""The words that say how a finding is meant: context.toml, checked."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.complaint.mention import Assertion
from models.complaint.whose import GROWN
from models.folders import CONTEXT


class Table(BaseModel):
    """Phrases of one kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    en: tuple[str, ...]
    zh: tuple[str, ...]


class Reach(BaseModel):
    """How far at most: words in English, characters in Chinese."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    en: Annotated[int, Field(ge=0, le=20)]
    zh: Annotated[int, Field(ge=0, le=40)]


class Cue(Table):
    """Phrases that say the same of the findings near them; the head of the file says what the keys mean."""

    means: Literal[Assertion.ABSENT, Assertion.PAST, Assertion.OTHER, Assertion.HYPOTHETICAL, Assertion.POSSIBLE]
    stands: Literal["before", "after"]
    reach: Reach
    lists: Literal["or", "any", "all"] | None = None


class ContextWords(BaseModel):
    """All of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cues: tuple[Cue, ...]
    within: Table
    stop: Table
    statement: Table
    pseudo: Table
    modifier: Table
    condition: Table
    stands: Table
    present: Table
    relative: Table
    writer: Table
    patient: Table

    @classmethod
    def load(cls, path: Path = CONTEXT) -> ContextWords:
        """Raises ValueError if the file is wrong."""
        return cls.model_validate(tomllib.loads(path.read_text("utf-8").replace("<grown>", GROWN)))
