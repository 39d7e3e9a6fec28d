"""What operators tell the service: what is active."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Input
from schemas.text import Identifier


class Control(Input):
    """One entry of the compacted control topic: which model, policy or task is active."""

    kind: Literal["model", "policy", "task"]
    name: Identifier
    version: Annotated[str, Field(max_length=128)] | None = None
    active: bool = True
