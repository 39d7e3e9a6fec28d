"""A worker's life: load the model, join the group, run until told to stop, drain, leave."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

from opentelemetry.trace import Tracer

from models.errors import place_of
from schemas.channels import BESIDE_WORKERS, CONTROLLED
from streams.control.candidate import Candidate, load_candidate
from streams.control.events import CLIENT_ID
from streams.control.follower import Follower
from streams.errors import TidegateError, missing_topic
from streams.health.life import Life, live
from streams.health.traces import Traces
from streams.health.vitals import Phase
from streams.kafka.codecs import check_codecs
from streams.kafka.connection import start_client
from streams.kafka.group import await_coordinator
from streams.kafka.topics import changelog_kinds, input_kinds, list_topics, output_kinds, sighting_kinds, topic_name
from streams.pipeline.activation import tasks_of
from streams.settings import Settings
from streams.tasks.base import Task
from streams.worker.allocator import restrain_allocator, spare_what_is_loaded
from streams.worker.changelog import Changelog
from streams.worker.drift import Watcher, watch_drift
from streams.worker.faust_app import TidegateApp, create_app
from streams.worker.metrics import WorkerMetrics
from streams.worker.producer import Producer
from streams.worker.service import Service
from streams.worker.sightings import SightingsReader
from streams.worker.sink import Sink
from streams.worker.switched_off import switched_off

logger = logging.getLogger(__name__)

PUBLISH_TIMEOUT_S = 300.0  # a broker that is away for less is waited for: restarting would not bring it back
LEAVE_GROUP_S = 10.0
FLUSH_S = 2.0


def run_worker(settings: Settings) -> int:
    """Runs until SIGTERM or SIGINT, drains, and returns the exit code: 0, or 1 after a crash.

    Raises:
        TidegateError, ArtifactError, ServingError: it could not start; the message is one sentence.
    """
    check_codecs()
    restrain_allocator()
    return live(settings, lambda tracer: _Worker(settings, tracer).run())


class _Worker:
    def __init__(self, settings: Settings, tracer: Tracer | None = None) -> None:
        self._settings = settings
        self._tracer = tracer
        self.life = Life(settings)
        self._follower = Follower(settings) if settings.control == "on" else None

    async def run(self) -> int:
        for sentence in switched_off(self._settings):
            logger.warning("%s", sentence)
        return await self.life.run(self._work)

    async def _work(self) -> None:
        candidate = await self._candidate()
        spare_what_is_loaded()
        self.life.monitor.reach(Phase.JOINING)
        await self._check_topics()
        topic = topic_name(self._settings.topic_prefix, self._settings.tasks[0])
        await self.life.unless_ended(await_coordinator(self._settings, topic))
        if self.life.ended.is_set():
            return
        producer = await self._start_producer()
        try:
            service = self._build(candidate, producer)
            del candidate  # or the first model would outlive its successor
            await self._serve(service)
        finally:
            await self._end(producer.stop(), FLUSH_S, "flush the producer")

    async def _candidate(self) -> Candidate:
        """What to judge with: what the control topic says where it is asked, else what the settings say."""
        if self._follower is not None:
            return await self._follower.begin()
        return await asyncio.to_thread(load_candidate, self._settings, None, None)

    async def _check_topics(self) -> None:
        """The control topic may be away: the follower knows what to do then."""
        kinds = {*self._output_kinds(), *input_kinds()}
        for state in await list_topics(self._settings):
            if state.kind in kinds and not state.partitions:
                raise missing_topic(state.name)

    def _output_kinds(self) -> list[str]:
        """Of what this worker writes."""
        left_out = BESIDE_WORKERS if self._follower is not None else CONTROLLED | BESIDE_WORKERS
        outputs = [kind for kind in output_kinds() if kind not in left_out]
        own = (changelog_kinds(self._settings), sighting_kinds(self._settings))
        return [*outputs, *(kind for kinds in own for kind in kinds.values())]

    async def _start_producer(self) -> Producer:
        producer = Producer(self._settings, PUBLISH_TIMEOUT_S)
        await start_client(producer, self._settings)
        return producer

    def _build(self, candidate: Candidate, producer: Producer) -> Service:
        prefix = self._settings.topic_prefix
        tasks: dict[str, Task[Any]] = {
            topic_name(prefix, task.declaration.name): task for task in tasks_of(self._settings, candidate.parts)
        }
        topics = {kind: topic_name(prefix, kind) for kind in self._output_kinds()}
        backfill: dict[str, Task[Any]] = {
            topic_name(prefix, task.declaration.backfill.kind): task
            for task in tasks_of(self._settings, replace(candidate.parts, state=None))
        }
        sink = Sink(producer, topics, PUBLISH_TIMEOUT_S)
        traces = None if self._tracer is None else Traces(self._tracer, topics, self._settings.group)
        changelogs = {
            topic_name(prefix, task): Changelog(self._settings, topic_name(prefix, kind))
            for task, kind in changelog_kinds(self._settings).items()
        }
        model, served = candidate.model, tasks | backfill
        crash = self.life.crash
        return Service(self._settings, model, served, sink, crash, frozenset(backfill), traces, changelogs)

    async def _serve(self, service: Service) -> None:
        await service.start()
        named = {} if self._follower is None else {"client_id": CLIENT_ID + self._follower.name}
        app = create_app(self._settings, service, on_ready=self.life.report_ready, **named)
        watcher = await asyncio.to_thread(Watcher.of, self._settings)
        if self._follower is not None:
            await self.life.unless_ended(self._follower.join(service))
        watching = [
            asyncio.create_task(self._watch_for_crash(app)),
            asyncio.create_task(self._watch_drift(watcher, service)),
        ]
        readers = self._readers(service)
        watching += [asyncio.create_task(self._count_sighted(reader)) for reader in readers]
        if self._follower is not None:
            watching.append(asyncio.create_task(self._follow(self._follower)))
        try:
            if not self.life.ended.is_set():
                await app.start()
            trying = None if self._follower is None else self._follower.trying
            self.life.monitor.watch(
                WorkerMetrics(service, app.log_places, trying, watcher=watcher, counted=readers, control=self._follower)
            )
            await self.life.ended.wait()
        finally:
            self.life.monitor.reach(Phase.ENDING)
            for task in watching:
                task.cancel()
            await asyncio.wait(watching, timeout=FLUSH_S)
            await self._end(app.stop(), self._settings.drain_s + LEAVE_GROUP_S, "leave the group")
            await self._end(service.stop(), LEAVE_GROUP_S, "stop the pipeline")

    async def _follow(self, follower: Follower) -> None:
        """A worker that does not hear of changes any more has to end: it would judge by what is no longer active."""
        try:
            await follower.follow()
        except Exception as error:  # noqa: BLE001  a task has nobody to raise it to
            self.life.crash(error)
        finally:
            await self._end(follower.stop(), FLUSH_S, "leave the control topic")

    def _readers(self, service: Service) -> list[SightingsReader]:
        """Of what workers tell each other."""
        kinds = sighting_kinds(self._settings)
        names = {name: topic_name(self._settings.topic_prefix, name) for pair in kinds.items() for name in pair}
        return [SightingsReader(self._settings, names[kind], names[task], service) for task, kind in kinds.items()]

    async def _count_sighted(self, reader: SightingsReader) -> None:
        """What is not counted would never be told: the worker ends, and another one counts it. So it does where it may
        not read what it is to count.
        """
        try:
            await reader.run()
        except Exception as error:  # noqa: BLE001  a task has nobody to raise it to
            self.life.crash(error)

    async def _watch_drift(self, watcher: Watcher, service: Service) -> None:
        """The work does not hang on it: what goes wrong there is told, and no drift any more."""
        name = None if self._follower is None else self._follower.name
        try:
            await watch_drift(watcher, service, self._settings.group, name)
        except Exception as error:  # noqa: BLE001  the worker does not end for it
            logger.error("drift is not watched any more: %s", place_of(error))

    async def _end(self, stopping: Awaitable[None], within_s: float, what: str) -> None:
        """Whatever hangs at the end is left behind: nothing of it was released, so nothing is lost."""
        try:
            await asyncio.wait_for(stopping, within_s)
        except TimeoutError:
            self.life.crash(TidegateError(f"Could not {what} within {within_s:g} s."))

    async def _watch_for_crash(self, app: TidegateApp) -> None:
        await app.wait_until_stopped()
        self.life.crash(app.crash_reason or RuntimeError("the Faust app stopped by itself"))
