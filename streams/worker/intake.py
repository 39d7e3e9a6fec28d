"""What was fetched of a partition comes in: as soon as it may, in order, and a ticket for each record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Protocol

from models.serving.types import Lane
from streams.health.traces import Traces
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.work import Work
from streams.record import Partition, RawRecord
from streams.tasks.base import Moments
from streams.worker.draining import Draining
from streams.worker.gate import Cost
from streams.worker.gates import Gates
from streams.worker.holding import Holding
from streams.worker.judging import Judging
from streams.worker.ledger import Ledger
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


class Intake:
    """Waits for the task, for what is remembered and at the gate. Lives on the event loop.

    Args:
        traces: None: nobody asked for any.
    """

    def __init__(
        self,
        judging: Judging,
        pipeline: Pipeline,
        ledger: Ledger,
        gates: Gates,
        overload: Overload,
        holding: Holding,
        restoring: Restoring,
        draining: Draining,
        max_windows: int,
        traces: Traces | None,
    ) -> None:
        self._judging = judging
        self._pipeline = pipeline
        self._ledger = ledger
        self._gates = gates
        self._overload = overload
        self._holding = holding
        self._restoring = restoring
        self._draining = draining
        self._max_windows = max_windows
        self._traces = traces

    async def take_in(self, partition: Partition, records: Sequence[Consumed]) -> None:
        """Takes in what was fetched of a partition, in order, as soon as there is room for it.

        What still waits for its task or at the gate when a drain begins is dropped: no ticket was opened for it, so it
        comes back with the next assignment.
        """
        drains = self._draining.begun
        if partition[0] in self._holding and not await self._holding.let_in(partition[0]):
            return
        if not await self._restoring.let_in(partition):
            return
        arrived_at = time.monotonic()
        gate = self._gates.of(partition)
        for start in range(0, len(records), PORTION):
            portion = records[start : start + PORTION]
            costs = self._costs(portion)
            while portion:
                admitted = await gate.admit(costs)
                if self._draining.begun != drains:
                    gate.release(costs[:admitted])
                    return
                self._push(partition, portion[:admitted], costs[:admitted], arrived_at)
                portion, costs = portion[admitted:], costs[admitted:]
            await asyncio.sleep(0)

    def _costs(self, records: Sequence[Consumed]) -> list[Cost]:
        most = self._judging.model.artifact.manifest.max_tokens * self._max_windows
        return [Cost.of(len(record.value or b""), most) for record in records]

    def _push(
        self, partition: Partition, records: Sequence[Consumed], costs: Sequence[Cost], arrived_at: float
    ) -> None:
        """Opens a ticket for each record and hands it to the pipeline."""
        now = time.monotonic()
        tickets = self._ledger.open(partition, [record.offset for record in records], now)
        self._draining.look()
        late = lateness([record.timestamp for record in records], time.time())
        lane = self._gates.lane_of(partition)
        if lane is Lane.LIVE:  # what waits in the backfill lane is not late: it may wait
            self._overload.observe_all([late_s for late_s in late if late_s is not None], now)
        active, tried = self._pipeline.active, self._judging.tried
        topic, number = partition
        traces = self._traces
        works = []
        for record, ticket, cost, late_s in zip(records, tickets, costs, late, strict=True):
            raw = RawRecord(topic, number, record.offset, record.key, record.value, tuple(record.headers or ()))
            ticket.cost, ticket.waited_s = cost, late_s or 0.0
            moments = Moments(arrived_at, now, waited_s=max(0.0, ticket.waited_s - (now - arrived_at)))
            trace = None if traces is None else traces.of_record(raw, arrived_at)
            activation = active if tried is None or not tried.takes(record.key) else tried.activation
            works.append(Work(ticket, raw, activation, activation.tasks[topic], moments, lane, trace=trace))
        self._pipeline.push(works)
