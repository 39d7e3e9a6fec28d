"""What a metric is: its name, what it counts, who has it, and its samples as they are exposed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from streams.health.histogram import Histogram

Where = Literal["every", "worker", "gateway", "both", "supervisor", "assessor"]
"""Whose it is: of every process, of those that judge (worker and gateway), of `--workers`, of `reviews follow`."""


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: its name (a counter's ends with `_total` where it is exposed), and who has it."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    about: str
    labels: tuple[str, ...] = ()
    where: Where = "both"

    @property
    def exposed(self) -> str:
        """Its name as it is scraped."""
        return f"{self.name}_total" if self.kind == "counter" else self.name

    def of(self, value: float) -> Metric:
        """Its samples, where it has no labels."""
        return self.by([((), value)])

    def by(self, values: Iterable[tuple[Sequence[str], float]]) -> Metric:
        """Its samples: values, each behind the values of its labels."""
        make = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        metric: CounterMetricFamily | GaugeMetricFamily = make(self.name, self.about, labels=self.labels)
        for labels, value in values:
            metric.add_metric(labels, value)
        return metric

    def distributed(self, histograms: Iterable[tuple[Sequence[str], Histogram]]) -> Metric:
        """Its samples: histograms, each behind the values of its labels."""
        metric = HistogramMetricFamily(self.name, self.about, labels=self.labels)
        for labels, histogram in histograms:
            metric.add_metric(labels, histogram.cumulated(), histogram.sum)
        return metric
