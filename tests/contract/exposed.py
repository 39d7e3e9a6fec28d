"""What a scrape may hold: every metric by its name, with its labels. Rules and dashboards may name nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

HISTOGRAMS: Final[Mapping[str, tuple[str, ...]]] = {
    "tidegate_stage_duration_seconds": ("stage",),
    "tidegate_verdict_duration_seconds": ("task",),
    "tidegate_request_duration_seconds": ("interface",),
    "tidegate_batch_rows": (),
    "tidegate_batch_tokens": (),
    "tidegate_highest_score": ("lang",),
}
OTHERS: Final[Mapping[str, tuple[str, ...]]] = {
    "tidegate_build_info": ("version", "model", "policy"),
    "tidegate_records_total": ("task",),
    "tidegate_verdicts_total": ("task", "action", "degraded"),
    "tidegate_dead_letters_total": ("reason",),
    "tidegate_alerts_total": ("kind", "severity"),
    "tidegate_languages_total": ("task", "lang"),
    "tidegate_labels_total": ("label", "lang"),
    "tidegate_quota_reached": (),
    "tidegate_engine_busy_seconds_total": (),
    "tidegate_cache_hits_total": (),
    "tidegate_cache_misses_total": (),
    "tidegate_in_flight_records": (),
    "tidegate_in_flight_tokens": (),
    "tidegate_oldest_in_flight_seconds": (),
    "tidegate_progress_age_seconds": (),
    "tidegate_ready": (),
    "tidegate_settled_total": (),
    "tidegate_partitions": (),
    "tidegate_lag_records": ("topic", "partition"),
    "tidegate_lag_seconds": ("topic", "partition"),
    "tidegate_requests_total": ("interface", "status"),
}
OF_ANY_PROCESS: Final = (
    "process_start_time_seconds",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
)
OF_THE_SCRAPE: Final = ("job", "instance", "worker")
"""Labels of every sample: the first two are Prometheus's, the third is that of `--workers N`."""


def samples() -> Iterator[tuple[str, frozenset[str]]]:
    """The name of every sample, with all the labels that it may have."""
    for name, labels in HISTOGRAMS.items():
        for suffix, more in (("_bucket", ("le",)), ("_sum", ()), ("_count", ())):
            yield name + suffix, frozenset((*labels, *more, *OF_THE_SCRAPE))
    for name, labels in OTHERS.items():
        yield name, frozenset((*labels, *OF_THE_SCRAPE))
    for name in ("up", *OF_ANY_PROCESS):
        yield name, frozenset(OF_THE_SCRAPE)
