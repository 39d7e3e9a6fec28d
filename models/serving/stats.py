"""What the scheduler counts: five sums that explain almost every question about speed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

from models.serving.types import Batch, Outcome


@dataclass(slots=True)
class Stats:
    """Sums since the start; a metric takes differences. Padded over real tokens is the padding ratio."""

    rows: int = 0
    real_tokens: int = 0
    padded_tokens: int = 0
    run_s: float = 0.0
    """Time in the engine, split runs included."""
    early_rows: int = 0
    """Answered by the early exit: in a cascade, or under overload."""

    def count(self, batch: Batch, outcomes: Sequence[Outcome], run_s: float) -> None:
        """Add a batch that is done."""
        self.rows += len(batch.items)
        self.real_tokens += sum(item.cost for item in batch.items)
        self.padded_tokens += batch.padded_tokens
        self.run_s += run_s
        self.early_rows += sum(one.scores is not None and one.scores.is_early for one in outcomes)

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))
