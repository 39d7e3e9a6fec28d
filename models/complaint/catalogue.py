"""The clinical findings: findings.toml, checked. The labels of whatever finds them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from models.folders import FINDINGS

Key = Annotated[str, Field(pattern=r"^[a-z0-9_]{2,40}$")]
Kind = Literal["danger", "symptom", "injury", "exposure", "mind", "context"]
Phrase = Annotated[str, Field(min_length=1, max_length=1_000)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Name(_Table):
    """What a finding is called, for people."""

    en: Annotated[str, Field(min_length=1, max_length=80)]
    zh: Annotated[str, Field(min_length=1, max_length=40)]


class Said(_Table):
    """Phrases by language."""

    en: tuple[Phrase, ...] = ()
    zh: tuple[Phrase, ...] = ()


class ClinicalFinding(_Table):
    """What triage looks for."""

    name: Name
    kind: Kind
    en: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    zh: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    unless: Said = Said()
    """Phrases in which its words mean something else."""
    absent: Said = Said()
    """Phrases that say it is not there without naming it: who breathes easily is not short of breath."""


Catalogue = Mapping[str, ClinicalFinding]
"""By key."""


@cache
def load_catalogue(path: Path = FINDINGS) -> Catalogue:
    """Raises ValueError if the file is wrong."""
    return TypeAdapter(dict[Key, ClinicalFinding]).validate_python(tomllib.loads(path.read_text("utf-8")))
