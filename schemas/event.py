"""What became of the operators' changes, out: the trail of who changed what, and what each worker runs."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from schemas.base import Identified, Part
from schemas.control import Guard, Kind

Trait = Literal["score", "language", "unknown", "length"]


class Revision(Part):
    """A change of the control topic."""

    kind: Kind
    name: str
    revision: int


class Change(Part):
    """A change, with who made it."""

    kind: Kind
    name: str
    revision: int
    version: str | None
    digest: str | None
    active: bool
    by: str | None
    note: str | None
    share: float | None = Field(default=None, description="Of the authors, of a model on trial.")
    judges: bool = Field(default=False, description="Whether the model on trial judges that share, or is compared.")


class Breach(Part):
    """A guard that ended a canary, with what it saw since the degree began."""

    guard: Guard
    task: str | None = Field(description="Whose records; null for reviews.")
    measured: float = Field(description="Of the candidate: a share, or milliseconds.")
    active: float = Field(description="The same of the active model.")
    limit: float = Field(description="What the candidate was to stay within, in the same unit.")
    n: int = Field(description="Authors, or reviewed verdicts, of the candidate.")
    n_active: int


class Running(Part):
    """What a worker judges with at this moment."""

    model_version: str
    policy_version: str
    tasks: list[str] = Field(description="Those whose records it reads.")
    revisions: list[Revision] = Field(description="In force.")
    refused: list[Revision] = Field(description="The last word of the topic, which this worker does not follow.")


class Drift(Part):
    """What comes is distributed otherwise than on the day of reference."""

    task: str
    trait: Trait = Field(
        description="A post's highest score, the language, the share of unknown tokens, or the length of the text."
    )
    index: float = Field(description="Population stability index of the last day against the reference.")
    limit: float = Field(description="That it went above.")
    reference_at: datetime = Field(description="The end of the day of reference.")


class Event(Identified):
    """Something that happened to a change (it was asked for, a worker took it up or refused it), or to what comes."""

    kind: Literal["requested", "activated", "refused", "rolled_back", "running", "drifted"]
    created_at: datetime
    group: str | None = Field(description="The worker's consumer group; null for an operator's request.")
    worker: str | None = Field(description="Its name: its consumer's client id is `tidegate-` and this.")
    change: Change | None = Field(description="Null for a report of what runs, and for a drift.")
    reason: str | None = Field(description="Why it was refused or rolled back, one sentence.")
    running: Running | None = Field(description="What runs after it; null for an operator's request, and for a drift.")
    breach: Breach | None = Field(default=None, description="Of a canary that a guard rolled back.")
    drift: Drift | None = Field(default=None, description="Of an event `drifted`.")
