"""What a model on trial makes of a record beside the one that judges, out."""

from __future__ import annotations

from pydantic import Field

from schemas.base import Identified, Part
from schemas.verdicts import Source


class Side(Part):
    """One of the two. Where it gave no verdict, what it would have said is null."""

    model_version: str
    policy_version: str
    has_verdict: bool = Field(description="False: a dead letter.")
    action: str | None = Field(description="Of a post.")
    labels: list[str]
    level: int | None = Field(description="Of urgency, of a symptom record.")
    inferred_ms: float | None = Field(description="The wait for its batch, and inference.")


class Comparison(Identified):
    """Never the text: the source says where it stands."""

    task: str
    revision: int = Field(description="Of the change that began the trial.")
    source: Source
    verdict: str | None = Field(default=None, description="`id` of the verdict that was given: reviews name it.")
    lang: str | None = Field(description="Of a post.")
    active: Side
    candidate: Side
