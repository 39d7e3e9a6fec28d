"""Stored verdicts with the scores that another model gives their posts, for `tidegate policy dry-run --model`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.client.replay import Stored
    from streams.score import Scorer


@dataclass(slots=True)
class Rescoring:
    """Counts as it goes."""

    scorer: Scorer
    rescored: int = 0
    missing: int = 0
    """Verdicts whose post is not known any more, or gets no verdict of this model."""

    async def of(self, batch: Sequence[Stored]) -> list[Stored]:
        """The verdicts with new scores; those without are left out. What is no verdict stays as it is."""
        found = [stored for stored in batch if not stored[0]]
        whole = [(verdict, known) for verdict, known in batch if verdict]
        posts = [(verdict, known, known.value) for verdict, known in whole if known.value is not None]
        answers = await self.scorer.answers([value for _, _, value in posts])
        for (verdict, known, _), answer in zip(posts, answers, strict=True):
            if "error" not in answer:
                found.append(({**verdict, "scores": answer["scores"], "lang": answer["lang"]}, known))
        self.rescored += len(found) - (len(batch) - len(whole))
        self.missing += len(batch) - len(found)
        return found
