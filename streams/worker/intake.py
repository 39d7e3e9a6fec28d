"""What was fetched of a partition comes in: as soon as it may, in order, and a ticket for each record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from models.serving.types import Lane
from streams.health.traces import Traces
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.work import Work
from streams.record import Partition, RawRecord
from streams.tasks.base import Moments
from streams.worker.gate import Cost
from streams.worker.gates import Gates
from streams.worker.holding import Holding
from streams.worker.in_flight import InFlight
from streams.worker.judging import Judging
from streams.worker.overload import Overload, lateness
from streams.worker.restoring import Restoring

PORTION = 128  # records that are taken in at once: about half a millisecond of the event loop


class Consumed(Protocol):
    """What is read of a consumed record; `timestamp` in milliseconds since the epoch."""

    offset: int
    key: Any
    value: Any
    headers: Any
    timestamp: Any


@dataclass(frozen=True, slots=True)
class Doors:
    """What a record waits at before a ticket is opened for it, in this order."""

    holding: Holding
    """For its task, where that is disabled."""
    restoring: Restoring
    """For what is remembered of its partition."""
    gates: Gates
    """For room."""


class Intake:
    """Waits at the doors, and hands to the pipeline whatever they let in. Lives on the event loop.

    Args:
        traces: None: nobody asked for any.
    """

    def __init__(
        self,
        doors: Doors,
        in_flight: InFlight,
        judging: Judging,
        pipeline: Pipeline,
        overload: Overload,
        traces: Traces | None,
    ) -> None:
        self._doors = doors
        self._in_flight = in_flight
        self._judging = judging
        self._pipeline = pipeline
        self._overload = overload
        self._traces = traces

    async def take_in(self, partition: Partition, records: Sequence[Consumed]) -> None:
        """Takes in what was fetched of a partition, in order, as soon as there is room for it.

        What still waits for its task or at the gate when a drain begins is dropped: no ticket was opened for it, so it
        comes back with the next assignment.
        """
        drains, doors = self._in_flight.drains, self._doors
        if partition[0] in doors.holding and not await doors.holding.let_in(partition[0]):
            return
        if not await doors.restoring.let_in(partition):
            return
        arrived_at = time.monotonic()
        gate = doors.gates.of(partition)
        for start in range(0, len(records), PORTION):
            portion = records[start : start + PORTION]
            costs = self._costs(portion)
            while portion:
                admitted = await gate.admit(costs)
                if self._in_flight.drains != drains:
                    gate.release(costs[:admitted])
                    return
                self._push(partition, portion[:admitted], costs[:admitted], arrived_at)
                portion, costs = portion[admitted:], costs[admitted:]
            await asyncio.sleep(0)

    def _costs(self, records: Sequence[Consumed]) -> list[Cost]:
        most = self._judging.max_tokens
        return [Cost.of(len(record.value or b""), most) for record in records]

    def _push(
        self, partition: Partition, records: Sequence[Consumed], costs: Sequence[Cost], arrived_at: float
    ) -> None:
        """Opens a ticket for each record and hands it to the pipeline."""
        now = time.monotonic()
        tickets = self._in_flight.open(partition, [record.offset for record in records], now)
        late = lateness([record.timestamp for record in records], time.time())
        lane = self._doors.gates.lane_of(partition)
        if lane is Lane.LIVE:  # what waits in the backfill lane is not late: it may wait
            self._overload.observe_all([late_s for late_s in late if late_s is not None], now)
        topic, number = partition
        traces = self._traces
        works = []
        for record, ticket, cost, late_s in zip(records, tickets, costs, late, strict=True):
            raw = RawRecord(topic, number, record.offset, record.key, record.value, tuple(record.headers or ()))
            ticket.cost, ticket.waited_s = cost, late_s or 0.0
            moments = Moments(arrived_at, now, waited_s=max(0.0, ticket.waited_s - (now - arrived_at)))
            trace = None if traces is None else traces.of_record(raw, arrived_at)
            activation = self._judging.activation_of(record.key)
            works.append(Work(ticket, raw, activation, activation.tasks[topic], moments, lane, trace=trace))
        self._pipeline.push(works)
