"""What operators tell the service: what is active."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from pydantic import ConfigDict, Field

from schemas.base import Input, Part
from schemas.text import Identifier, Reference, Time

MAX_CONTENT: Final = 262_144
"""Characters of a policy in a message; a longer one is named by its address."""

MAX_DEGREES: Final = 20

Kind = Literal["model", "policy", "task"]
Guard = Literal["actions", "dead_letters", "p99", "agreement"]
GUARDS: Final[tuple[Guard, ...]] = get_args(Guard)
Share = Annotated[float, Field(gt=0.0, le=1.0)]


class Guards(Part):
    """How far a model that judges a share of the authors may be from the one that judges the others before it ends.

    A limit that is null is not looked at.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    actions: Annotated[float, Field(gt=1.0)] | None = Field(
        default=None, description="So many times as often as the other one may it act, or as seldom."
    )
    dead_letters: Annotated[float, Field(ge=0.0, lt=1.0)] | None = Field(
        default=None, description="Its share of dead letters less that of the other one."
    )
    p99: Annotated[float, Field(gt=1.0)] | None = Field(
        default=None, description="So many times the other one's time that 99 of 100 records stay under."
    )
    agreement: Annotated[float, Field(ge=0.0, lt=1.0)] | None = Field(
        default=None, description="The share of its reviewed verdicts that are right may be lower by so much."
    )
    at_least: int = Field(default=100, ge=30, description="Authors on either side before a guard may speak.")


class Control(Input):
    """One entry of the compacted control topic. The last one of a kind and name is what counts.

    Under the name `default` stands the model or the policy that judges, under `former` the one before it, under
    `candidate` a model on trial; the name of a task's entry is the task's. A model or a policy that judges and is not
    active stands for the one that each worker's settings name.
    """

    kind: Kind
    name: Identifier
    version: Annotated[str, Field(max_length=128)] | None = None
    """Of the model, or as the policy file declares it."""
    active: bool = True
    """Of a task: whether its records are read. Of a model on trial: whether the trial goes on. Of what judges: whether
    the entry names it."""
    address: Annotated[str, Field(min_length=1, max_length=2048)] | None = None
    """A folder or file as the workers see it, or where a store has it."""
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """SHA-256 in hex: of a model's manifest, which holds those of its files; of a policy file."""
    content: Annotated[str, Field(max_length=MAX_CONTENT)] | None = None
    """The whole policy file, in place of an address."""
    share: Share | None = None
    """Of the authors, whose records a model on trial judges beside the one that is active."""
    judges: bool = False
    """Of a model on trial: its verdicts count for that share (a canary). False: they are compared alone."""
    then: Annotated[tuple[Share, ...], Field(max_length=MAX_DEGREES)] = ()
    """Shares that follow, each as a change of its own."""
    every_s: Annotated[float, Field(ge=1.0)] | None = None
    """Seconds from a change to the next degree, by the time of the change."""
    guards: Guards | None = None
    revision: Annotated[int, Field(ge=0)] = 0
    """Of this kind and name, one more with each change."""
    expected: Annotated[int, Field(ge=0)] = 0
    """The revision that the operator saw and meant to replace; 0: none."""
    by: Reference | None = None
    at: Time | None = None
    note: Annotated[str, Field(max_length=1000)] | None = None

    @property
    def key(self) -> str:
        """Of the message."""
        return f"{self.kind}/{self.name}"
