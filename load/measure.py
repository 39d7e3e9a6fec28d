"""What came back, and how long it took: HDR histograms, losses, duplicates, and the course over time."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

from load.arrivals import Seconds

STAGES = ("admitted", "prepared", "queued", "inferred", "decided", "total")
PERCENTILES = (50.0, 95.0, 99.0, 99.9)
_HIGHEST_US = 3_600_000_000


class LatencyHistogram:
    """Latencies in milliseconds, kept with three significant digits from 1 us to an hour."""

    def __init__(self) -> None:
        self.counts = HdrHistogram(1, _HIGHEST_US, 3)

    def record(self, milliseconds: float) -> None:
        """Below 1 us counts as 1 us, above an hour as an hour: nothing is dropped from a percentile."""
        self.counts.record_value(min(_HIGHEST_US, max(1, round(milliseconds * 1000))))

    def __len__(self) -> int:
        return int(self.counts.get_total_count())

    @classmethod
    def of_all(cls, parts: Iterable["LatencyHistogram"]) -> "LatencyHistogram":
        whole = cls()
        for part in parts:
            whole.counts.add(part.counts)
        return whole

    def at(self, percentile: float) -> float:
        return float(self.counts.get_value_at_percentile(percentile)) / 1000

    def summary(self) -> dict[str, float]:
        """p50, p95, p99, p99.9, mean and max in milliseconds; empty if nothing was recorded."""
        if not len(self):
            return {}
        values = {f"p{percentile:g}": self.at(percentile) for percentile in PERCENTILES}
        values["mean"] = self.counts.get_mean_value() / 1000
        values["max"] = self.at(100.0)
        return {name: round(value, 3) for name, value in values.items()}


@dataclass(slots=True)
class Answer:
    """An output as it was received. `number` is that of the payload it answers."""

    number: int
    kind: str
    received_at: float
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    degraded: bool = False
    has_pictures: bool = False
    version: str = ""
    """Of the model and the policy that made it."""


class Measurement:
    """Accounts for one open-loop run.

    Args:
        schedule: when each record was due, from the start.
        starts_at: wall clock at offset 0.
        warm_up_s: records due before that are expected back but not measured.
    """

    def __init__(self, schedule: Seconds, starts_at: float, warm_up_s: float = 0.0) -> None:
        self._schedule = schedule
        self._starts_at = starts_at
        self._first = int(np.searchsorted(schedule, warm_up_s, side="left"))
        self._times = np.zeros(len(schedule), dtype=np.int32)
        self._latency_ms = np.full(len(schedule), np.nan)
        self._received_s = np.full(len(schedule), np.nan)
        self.latency = LatencyHistogram()
        self.beside_pictures = LatencyHistogram()
        """Of the records that bring none."""
        self.with_pictures = LatencyHistogram()
        self.stages = {stage: LatencyHistogram() for stage in STAGES}
        self.kinds: Counter[str] = Counter()
        self.degraded = 0
        self.unknown = 0
        self.pictures_answered = 0

    def add(self, answer: Answer) -> None:
        if not 0 <= answer.number < len(self._schedule):
            self.unknown += 1
            return
        self._times[answer.number] += 1
        if self._times[answer.number] > 1:
            return
        received_s = answer.received_at - self._starts_at
        latency_ms = (received_s - float(self._schedule[answer.number])) * 1e3
        self._received_s[answer.number] = received_s
        self._latency_ms[answer.number] = latency_ms
        self.kinds[answer.kind] += 1
        self.degraded += answer.degraded
        self.pictures_answered += answer.has_pictures
        if answer.number >= self._first:
            self.latency.record(latency_ms)
            (self.with_pictures if answer.has_pictures else self.beside_pictures).record(latency_ms)
            for stage, histogram in self.stages.items():
                if stage in answer.timings_ms:
                    histogram.record(answer.timings_ms[stage])

    @property
    def answered(self) -> int:
        return int(np.count_nonzero(self._times))

    @property
    def lost(self) -> int:
        return len(self._schedule) - self.answered

    @property
    def duplicates(self) -> int:
        return int(self._times.sum()) - self.answered

    @property
    def throughput(self) -> float:
        """Measured records answered a second, from the first due moment to the last answer."""
        received = self._received_s[self._first :]
        if not np.isfinite(received).any():
            return 0.0
        took_s = float(np.nanmax(received)) - float(self._schedule[self._first])
        return float(np.count_nonzero(np.isfinite(received)) / took_s)

    def due_between(self, first_s: float, last_s: float) -> NDArray[np.float64]:
        """Latencies (ms) of the answered records that were due in this time."""
        chosen = (self._schedule >= first_s) & (self._schedule < last_s) & np.isfinite(self._latency_ms)
        found: NDArray[np.float64] = self._latency_ms[chosen]
        return found

    def answered_between(self, first_s: float, last_s: float) -> int:
        """Answers that were received in this time."""
        return int(np.count_nonzero((self._received_s >= first_s) & (self._received_s < last_s)))

    def over_time(self, bins: int = 60) -> dict[str, NDArray[np.float64]]:
        """Seconds, p50 and p99 (ms) and answers a second, in equal bins of the due time."""
        edges = np.linspace(0.0, float(self._schedule[-1]) + 1e-9, bins + 1)
        slot = np.clip(np.searchsorted(edges, self._schedule, side="right") - 1, 0, bins - 1)
        received = np.histogram(self._received_s[np.isfinite(self._received_s)], edges)[0]
        p50, p99 = np.full(bins, np.nan), np.full(bins, np.nan)
        for i in range(bins):
            values = self._latency_ms[(slot == i) & np.isfinite(self._latency_ms)]
            if len(values):
                p50[i], p99[i] = np.percentile(values, (50, 99))
        middle = (edges[:-1] + edges[1:]) / 2
        return {"seconds": middle, "p50_ms": p50, "p99_ms": p99, "per_s": received / (edges[1] - edges[0])}
