"""Clean posts leave at the early exit; the layers above it run for the others, and go on from where they were.

With the cascade off, the parts that are skimmed of very long posts still do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.serving.engine import Engine
from models.serving.question import EARLY_ANSWERS
from models.serving.types import Batch, Depth, Item, Scores


class CascadeEngine:
    """An engine around another. A post is clean if its early score of each label lies below the label's bar.

    * A clean post is answered under the early exit's version, without spans and sentiment. That is no degradation,
      at no depth: with the cascade on, it is the answer that the post gets always.
    * Every other post is answered by the engine within, as deep as `depth` says, and what may not degrade by all of it.
    * What answers a record depends on its tokens alone: the scores were rounded, so batch mates move none, and the
      bars know no language, which a copy of a post may name otherwise.
    """

    def __init__(self, engine: Engine, clean_below: Sequence[float], skims_alone: bool = False) -> None:
        """`clean_below`: one bar a label (`Artifact.clean_below`). `skims_alone`: of what nobody asked to skim, all
        layers answer everything.
        """
        self.model_version = engine.model_version
        self.device = engine.device
        self.grid = engine.grid
        self.run_cost_tokens = engine.run_cost_tokens
        self._engine = engine
        self._bars = np.array(clean_below)
        self._skims_alone = skims_alone

    def prepare(self, batch: Batch) -> None:
        self._engine.prepare(batch)

    def run(self, batch: Batch, depth: Depth) -> list[Scores]:
        answers: dict[int, Scores] = {}
        may_leave = [row for row, item in enumerate(batch.items) if self._may_leave(item)]
        for row, scores in self._run_part(batch, may_leave, Depth.EARLY):
            is_clean = self._is_clean(scores)
            if is_clean or (depth is Depth.EARLY and batch.items[row].may_degrade):
                scores.degraded = not is_clean
                answers[row] = scores
        answers.update(self._run_part(batch, [row for row in range(len(batch.items)) if row not in answers], depth))
        return [answers[row] for row in range(len(batch.items))]

    def warm_up(self, max_tokens: int, max_rows: int) -> None:
        self._engine.warm_up(max_tokens, max_rows)

    def _may_leave(self, item: Item) -> bool:
        return item.is_skimmed or (item.may_degrade and not self._skims_alone)

    def _is_clean(self, scores: Scores) -> bool:
        early = scores.heads.get(EARLY_ANSWERS)
        return early is not None and bool((early < self._bars).all())

    def _run_part(self, batch: Batch, rows: Sequence[int], depth: Depth) -> list[tuple[int, Scores]]:
        """Some rows of a batch, padded no further than the longest of them needs."""
        if not rows:
            return []
        part = batch if len(rows) == len(batch.items) else self._part(batch, rows)
        return list(zip(rows, self._engine.run(part, depth), strict=True))

    def _part(self, batch: Batch, rows: Sequence[int]) -> Batch:
        items = [batch.items[row] for row in rows]
        longest = max(item.encoding.tokens for item in items)
        length = next(length for length in self.grid if length >= longest)
        hidden = None if batch.hidden is None else batch.hidden[rows, :length]
        return Batch(items, length, batch.formed_at, hidden=hidden)
