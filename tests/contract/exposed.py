"""What a scrape may hold: every metric by its name, with its labels. Rules and dashboards may name nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from streams.health.families import FAMILIES

OF_ANY_PROCESS: Final = (
    "process_start_time_seconds",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
)
OF_THE_SCRAPE: Final = ("job", "instance", "worker")
"""Labels of every sample: the first two are Prometheus's, the third is that of `--workers N`."""


def samples() -> Iterator[tuple[str, frozenset[str]]]:
    """The name of every sample, with all the labels that it may have."""
    for family in FAMILIES:
        labels = frozenset((*family.labels, *OF_THE_SCRAPE))
        if family.kind == "histogram":
            yield f"{family.exposed}_bucket", labels | {"le"}
            yield f"{family.exposed}_sum", labels
            yield f"{family.exposed}_count", labels
        else:
            yield family.exposed, labels
    for name in ("up", *OF_ANY_PROCESS):
        yield name, frozenset(OF_THE_SCRAPE)
