"""What people and operators tell the service: reviews of verdicts, and what is active."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Input
from schemas.text import Identifier, Reference, Time
from schemas.verdicts import Action


class Review(Input):
    """A person's decision on a post that was sent to review."""

    verdict_id: Identifier
    post_id: Identifier
    action: Action
    reviewer: Reference | None = None
    time: Time | None = None


class Control(Input):
    """One entry of the compacted control topic: which model, policy or task is active."""

    kind: Literal["model", "policy", "task"]
    name: Identifier
    version: Annotated[str, Field(max_length=128)] | None = None
    active: bool = True
