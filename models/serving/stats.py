"""What the scheduler counts: five or so sums that explain almost every question about speed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

from models.serving.types import Batch, Outcome


@dataclass(slots=True)
class Stats:
    """Sums since the start; a metric takes differences. Padded over real tokens is the padding ratio."""

    batches: int = 0
    rows: int = 0
    real_tokens: int = 0
    padded_tokens: int = 0
    wait_s: float = 0.0
    """From `queued_at` until the batch was formed, summed over rows."""
    run_s: float = 0.0
    """Time in the engine, split runs included."""
    splits: int = 0
    failed_rows: int = 0
    degraded_rows: int = 0
    early_rows: int = 0
    """Answered by the early exit: in a cascade, or under overload."""
    pending: int = 0
    """Submitted and not yet delivered, now."""

    def count(self, batch: Batch, outcomes: Sequence[Outcome], splits: int, run_s: float) -> None:
        """Add a batch that is done."""
        self.splits += splits
        self.batches += 1
        self.rows += len(batch.items)
        self.real_tokens += sum(item.cost for item in batch.items)
        self.padded_tokens += batch.padded_tokens
        self.wait_s += sum(batch.formed_at - item.queued_at for item in batch.items)
        self.run_s += run_s
        scores = [outcome.scores for outcome in outcomes if outcome.scores is not None]
        self.failed_rows += len(outcomes) - len(scores)
        self.degraded_rows += sum(one.degraded for one in scores)
        self.early_rows += sum(one.is_early for one in scores)

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))
