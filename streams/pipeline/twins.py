"""What the engine has been asked and has not answered: of equal texts one, and its answer is for all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import cast

from models.serving.reading import Reading
from models.serving.types import Item, Lane, Outcome
from schemas import Reason
from streams.pipeline.activation import Scorer
from streams.pipeline.failures import Failure
from streams.pipeline.score_cache import Key, ScoreCache
from streams.pipeline.work import Work, item_of, key_of

Twin = tuple[Work, Reading]


class Twins:
    """Readings that wait for an answer, with those that wait for the same one. Lives on the event loop.

    Args:
        cache: is told every answer that may be remembered.
    """

    def __init__(self, cache: ScoreCache) -> None:
        self._cache = cache
        self._waiting: dict[tuple[Key, Lane], list[Twin]] = {}

    def ask(self, works: Collection[Work], now: float) -> None:
        """Sends what nobody has asked to the engines of these records, all of which lack scores."""
        items: dict[Scorer, list[Item]] = {}
        for work in works:
            unscored = [reading for reading in work.readings if reading.scores is None]
            work.waiting = len(unscored)
            for reading in unscored:
                key = key_of(work, reading), work.lane  # a live copy does not wait for what goes behind it
                twins = self._waiting.setdefault(key, [])
                twins.append((work, reading))
                if len(twins) == 1:
                    item = item_of(work, reading, now)
                    items.setdefault(work.activation.scheduler_of(reading), []).append(item)
        for scheduler, its_items in items.items():
            scheduler.submit(its_items)

    def take(self, outcome: Outcome) -> Iterator[Work]:
        """Enters an answer for one record after the other that waited for it, and gives each: one whose `waiting` is 0
        by then lacks no other.
        """
        work, reading = cast(Twin, outcome.item.payload)
        scores = outcome.scores
        if scores is not None and not scores.degraded and reading.encoding is not None:
            self._cache.put(key_of(work, reading), scores, reading.encoding)
        for one, twin in self._waiting.pop((key_of(work, reading), work.lane)):
            twin.encoding = reading.encoding
            twin.scores = scores
            _enter(one, outcome)
            yield one


def _enter(work: Work, outcome: Outcome) -> None:
    moments = work.moments
    batched_at = max(outcome.batched_at, moments.prepared_at)
    moments.batched_at = min(moments.batched_at or batched_at, batched_at)
    moments.scored_at = outcome.scored_at
    if outcome.scores is None:
        name = type(outcome.error).__name__
        work.failure = Failure(Reason.INFERENCE_FAILED, f"the model failed on this record: {name}", "score")
    work.waiting -= 1
