"""What a worker exposes beside its pipeline's counts: what is in flight, and how far behind each partition is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic
from typing import NamedTuple, Protocol

from prometheus_client.core import Metric

from models.serving.types import Depth
from schemas.control import GUARDS
from streams.control.trying import Trying
from streams.health import families as of
from streams.health.traits import Key, empty
from streams.health.vitals import Beat
from streams.pipeline.metrics import PipelineMetrics
from streams.record import Partition
from streams.worker.drift import Watcher
from streams.worker.service import Service


class LogPlace(NamedTuple):
    """How far a partition is done with, and where its log ends as the broker last told it, if it has."""

    done: int
    end: int | None
    late_s: float = 0.0
    """Of what was done with last, where no ledger knows the age of what comes next."""


class Followed(Protocol):
    """What is read beside the records: the control topic."""

    def age_s(self, now: float) -> float: ...


class Counted(Followed, Protocol):
    """What is read beside the records, and how far: what workers tell each other."""

    @property
    def places(self) -> Mapping[Partition, LogPlace]: ...


class Lag(NamedTuple):
    """Of one partition."""

    done: int
    records: int
    seconds: float


class WorkerMetrics(PipelineMetrics):
    """Args:
    log_places: of the partitions that the worker holds; called on the loop.
    trying: None: nothing is ever tried here.
    watcher: of drift; None: nobody watches.
    counted: what is read beside the records, and counted.
    control: None: nobody changes here what is active.
    """

    def __init__(
        self,
        service: Service,
        log_places: Callable[[], Mapping[Partition, LogPlace]],
        trying: Trying | None = None,
        *,
        watcher: Watcher | None = None,
        counted: Sequence[Counted] = (),
        control: Followed | None = None,
    ) -> None:
        super().__init__(service.pipeline)
        self._trying = trying
        self._service = service
        self._watcher = watcher
        self._log_places = log_places
        self._counted = counted
        self._control = control
        self._held = 0
        """Partitions of records."""
        self._moved: dict[Partition, tuple[int, float]] = {}
        """Where each partition stood, and since when."""
        self._lags: Mapping[Partition, Lag] = {}

    def look(self) -> Beat:
        now = monotonic()
        ledger = self._service.ledger
        heads = ledger.heads(now)
        records = self._log_places()
        self._held = len(records)
        places = {**records, **{partition: at for each in self._counted for partition, at in each.places.items()}}
        self._moved = {partition: self._since(partition, place.done, now) for partition, place in places.items()}
        self._lags = {
            partition: self._lag(place, heads.get(partition), now - self._moved[partition][1])
            for partition, place in places.items()
        }
        # As of now: what stands still is told by the age that it has when the beat is taken.
        return Beat(self._service.oldest_age_s(monotonic()), ledger.settled_total)

    def _since(self, partition: Partition, done: int, now: float) -> tuple[int, float]:
        known = self._moved.get(partition)
        return known if known is not None and known[0] == done else (done, now)

    @staticmethod
    def _lag(place: LogPlace, head: tuple[int, float] | None, still_for_s: float) -> Lag:
        """What has not been taken in has no age that is known here, so it counts from when nothing moved."""
        done, age_s = (place.done, 0.0) if head is None else head
        behind = max(0, (place.end or 0) - done)
        return Lag(done, behind, max(age_s, place.late_s, still_for_s) if behind else age_s)

    def collect(self) -> Iterator[Metric]:
        yield from super().collect()
        service = self._service
        yield of.IN_FLIGHT_RECORDS.of(service.ledger.in_flight)
        yield of.IN_FLIGHT_TOKENS.of(service.gates.tokens)
        yield of.SETTLED.of(service.ledger.released_total)
        yield of.AHEAD.of(service.ledger.ahead)
        indices: Mapping[Key, float] = {} if self._watcher is None else self._watcher.indices
        yield of.DRIFT.by((key, indices.get(key, 0.0)) for key in empty())
        yield of.OVERLOADED.of(service.overload.depth is not Depth.FULL)
        yield of.CANARY_SHARE.of(0.0 if self._trying is None else self._trying.share)
        breaches = dict.fromkeys(GUARDS, 0) if self._trying is None else self._trying.breaches
        yield of.CANARY_BREACHES.by(((guard,), number) for guard, number in list(breaches.items()))
        lags = [((topic, str(number)), lag) for (topic, number), lag in self._lags.items()]
        yield of.PARTITIONS.of(self._held)
        now = monotonic()
        yield of.CONTROL_AGE.of(0.0 if self._control is None else self._control.age_s(now))
        yield of.WAVES_AGE.of(max((each.age_s(now) for each in self._counted), default=0.0))
        yield of.RESTORING.of(len(service.restoring.missing))
        yield of.RELEASED_OFFSET.by((where, lag.done) for where, lag in lags)
        yield of.LAG_RECORDS.by((where, lag.records) for where, lag in lags)
        yield of.LAG_SECONDS.by((where, lag.seconds) for where, lag in lags)
