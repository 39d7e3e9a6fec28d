"""What worker and gateway expose alike: the pipeline's counts, its cache and its engine."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Final, TypeVar

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from streams.health import families as of
from streams.pipeline.pipeline import Pipeline

T = TypeVar("T")

QUOTA_REACHED_FOR_S: Final = 60.0


class PipelineMetrics(Collector):
    """Reads; counts nothing itself. From any thread, once the pipeline has started."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def collect(self) -> Iterator[Metric]:
        counts = self._pipeline.counts
        yield self._build()
        yield of.RECORDS.by(_each(counts.records))
        yield of.VERDICTS.by(
            ((task, action, _word(degraded)), n) for (task, action, degraded), n in list(counts.verdicts.items())
        )
        yield of.DEAD_LETTERS.by(_each(counts.dead_letters))
        yield of.ALERTS.by(list(counts.alerts.items()))
        yield of.LANGUAGES.by(list(counts.languages.items()))
        yield of.LABELS.by(list(counts.labels.items()))
        yield of.OVER_QUOTA.by(_each(counts.over_quota))
        reached_at = counts.quota_reached_at
        yield of.QUOTA_REACHED.of(reached_at is not None and time.monotonic() - reached_at < QUOTA_REACHED_FOR_S)
        yield of.HIGHEST_SCORE.distributed(_each(counts.highest_scores))
        yield of.STAGE_DURATION.distributed(_each(counts.stages))
        yield of.VERDICT_DURATION.distributed(_each(counts.durations))
        yield of.BATCH_ROWS.distributed([((), counts.batch_rows)])
        yield of.BATCH_TOKENS.distributed([((), counts.batch_tokens)])
        yield from self._engine()

    def _build(self) -> Metric:
        active = self._pipeline.active
        policy = next(iter(active.tasks.values())).policy_version
        return of.BUILD_INFO.by([((version("tidegate"), active.model_version, policy), 1.0)])

    def _engine(self) -> Iterator[Metric]:
        stats = self._pipeline.engine_stats()
        yield of.PADDED_TOKENS.of(stats.padded_tokens)
        yield of.ENGINE_BUSY.of(stats.run_s)
        yield of.EARLY_ROWS.of(stats.early_rows)
        yield of.CACHE_HITS.of(self._pipeline.cache.hits)
        yield of.CACHE_MISSES.of(self._pipeline.cache.misses)


def _each(values: Mapping[str, T]) -> Iterator[tuple[tuple[str], T]]:
    """Behind the one label that they have; copied at once, since the event loop goes on counting."""
    return (((word,), value) for word, value in list(values.items()))


def _word(value: bool) -> str:
    return "true" if value else "false"
