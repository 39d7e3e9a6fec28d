"""Alerts, out: for people."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from schemas.base import Identified
from schemas.verdicts import Source


class Alert(Identified):
    """Something a person should look at. The id is the same when a redelivered record raises it again."""

    kind: Literal[
        "severe_post",
        "repeat_offender",
        "spam_wave",
        "picture_wave",
        "join_wave",
        "policy_rule",
        "urgent_patient",
        "unjudged_patient",
    ]
    severity: Literal["high", "critical"]
    task: str
    subject: str = Field(description="The post, the author or the record that it is about.")
    verdict_id: str = Field(
        description="The verdict that raised it. Of an unjudged patient there is none with this id."
    )
    reasons: list[str]
    count: int | None = Field(description="Posts of a repeat offender, authors of a wave.")
    created_at: datetime
    source: Source | None
