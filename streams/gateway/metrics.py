"""What the gateway exposes beside its pipeline's counts: requests, and what waits for room."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Final

from prometheus_client.core import Metric

from streams.gateway.scoring import Scoring
from streams.health import families as of
from streams.health.histogram import DURATIONS, Histogram
from streams.health.vitals import Beat
from streams.health.words import INTERFACES, STATUSES
from streams.pipeline.metrics import PipelineMetrics

NOWHERE: Final = INTERFACES[-1]


class Requests:
    """Sums since the start. Written on the event loop alone, read from any thread."""

    def __init__(self) -> None:
        self.answered: Counter[tuple[str, str]] = Counter(dict.fromkeys(product(INTERFACES, STATUSES), 0))
        self.durations = {interface: Histogram(DURATIONS) for interface in INTERFACES}
        self.in_work = 0

    @contextmanager
    def being_answered(self) -> Iterator[None]:
        self.in_work += 1
        try:
            yield
        finally:
            self.in_work -= 1

    def note(self, interface: str, status: int, began_at: float) -> None:
        """A request that was answered. `began_at` is monotonic seconds."""
        self.answered[interface, str(status)] += 1
        self.durations[interface].observe(time.monotonic() - began_at)


class GatewayMetrics(PipelineMetrics):
    def __init__(self, scoring: Scoring, requests: Requests) -> None:
        super().__init__(scoring.pipeline)
        self._scoring = scoring
        self._requests = requests

    def look(self) -> Beat:
        return Beat(self._scoring.oldest_age_s(time.monotonic()), self._scoring.answered)

    def collect(self) -> Iterator[Metric]:
        yield from super().collect()
        requests, scoring = self._requests, self._scoring
        records, tokens = scoring.in_flight
        yield of.IN_FLIGHT_RECORDS.of(records)
        yield of.IN_FLIGHT_TOKENS.of(tokens)
        yield of.WAITING_TOKENS.of(scoring.waiting_tokens)
        yield of.REQUESTS.by(list(requests.answered.items()))
        yield of.REQUEST_DURATION.distributed(((name,), one) for name, one in requests.durations.items())
        yield of.REQUESTS_IN_WORK.of(requests.in_work)
