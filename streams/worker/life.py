"""A worker's life: load the model, join the group, run until told to stop, drain, leave."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Awaitable, Coroutine
from pathlib import Path
from typing import Any

from models.errors import place_of
from streams.errors import TidegateError, missing_topic, translate
from streams.health.logs import configure_logging
from streams.kafka.codecs import check_codecs
from streams.kafka.connection import CONNECT_TIMEOUT_S
from streams.kafka.group import await_coordinator
from streams.kafka.topics import list_topics, output_kinds, topic_name
from streams.model import Model, load_model
from streams.pipeline.activation import build_tasks
from streams.settings import READY_FILE, Settings
from streams.tasks.base import Task
from streams.worker.allocator import restrain_allocator, spare_what_is_loaded
from streams.worker.faust_app import TidegateApp, create_app
from streams.worker.producer import Producer
from streams.worker.service import Service
from streams.worker.sink import Sink

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
    configure_logging(settings)
    restrain_allocator()
    return asyncio.run(_Worker(settings).run())


class _Worker:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = asyncio.Event()
        self._crashed: BaseException | None = None

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        model = await asyncio.to_thread(load_model, self._settings)
        spare_what_is_loaded()
        await self._check_topics()
        topic = topic_name(self._settings.topic_prefix, self._settings.tasks[0])
        await self._unless_stopped(await_coordinator(self._settings, topic))
        if self._stop.is_set():
            return 0
        producer = await self._start_producer()
        try:
            service = self._build(model, producer)
            await self._serve(service)
        finally:
            await self._end(producer.stop(), FLUSH_S, "flush the producer")
        if self._crashed is not None:
            logger.error("stopped: %s", describe(self._crashed))
            return 1
        return 0

    async def _check_topics(self) -> None:
        missing = [state.name for state in await list_topics(self._settings) if not state.partitions]
        if missing:
            raise missing_topic(missing[0])

    async def _unless_stopped(self, waiting: Coroutine[Any, Any, None]) -> None:
        """A wait that SIGTERM ends."""
        tasks = asyncio.create_task(waiting), asyncio.create_task(self._stop.wait())
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await tasks[0]

    async def _start_producer(self) -> Producer:
        producer = Producer(self._settings, PUBLISH_TIMEOUT_S)
        try:
            await asyncio.wait_for(producer.start(), CONNECT_TIMEOUT_S)
        except Exception as error:
            await producer.stop()
            raise translate(error, self._settings.brokers) from error
        return producer

    def _build(self, model: Model, producer: Producer) -> Service:
        prefix = self._settings.topic_prefix
        tasks: dict[str, Task[Any]] = {
            topic_name(prefix, task.declaration.name): task for task in build_tasks(self._settings, model.artifact)
        }
        sink = Sink(producer, {kind: topic_name(prefix, kind) for kind in output_kinds()}, PUBLISH_TIMEOUT_S)
        return Service(self._settings, model, tasks, sink, self._crash)

    async def _serve(self, service: Service) -> None:
        await service.start()
        app = create_app(self._settings, service, on_ready=self._report_ready)
        watching = asyncio.create_task(self._watch_for_crash(app))
        try:
            await app.start()
            await self._stop.wait()
        finally:
            watching.cancel()
            await self._end(app.stop(), self._settings.drain_s + LEAVE_GROUP_S, "leave the group")
            await self._end(service.stop(), LEAVE_GROUP_S, "stop the pipeline")

    async def _end(self, stopping: Awaitable[None], within_s: float, what: str) -> None:
        """Whatever hangs at the end is left behind: nothing of it was released, so nothing is lost."""
        try:
            await asyncio.wait_for(stopping, within_s)
        except TimeoutError:
            self._crash(TidegateError(f"Could not {what} within {within_s:g} s."))

    def _crash(self, error: BaseException) -> None:
        """The first crash counts; what follows from it does not."""
        self._crashed = self._crashed or error
        self._stop.set()

    async def _watch_for_crash(self, app: TidegateApp) -> None:
        await app.wait_until_stopped()
        self._crash(app.crash_reason or RuntimeError("the Faust app stopped by itself"))

    def _report_ready(self) -> None:
        logger.info("ready")
        if path := os.environ.get(READY_FILE):
            Path(path).write_text("ready\n")


def describe(error: BaseException) -> str:
    """One line: our own sentences as they are, anything else by its type and place."""
    return str(error) if isinstance(error, TidegateError) else place_of(error)
