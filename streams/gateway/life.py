"""A server's life: load the model, listen, answer until told to stop, finish what is in work, end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from opentelemetry.trace import Tracer

from models.errors import place_of
from streams.gateway.app import build_app
from streams.gateway.intake import Intake
from streams.gateway.keys import Keys
from streams.gateway.listening import Address, bound, serve_until
from streams.gateway.metrics import GatewayMetrics, Requests
from streams.gateway.scoring import Scoring
from streams.gateway.sending import Sender
from streams.health.crashes import keep_quiet, of_loop
from streams.health.logs import configure_logging
from streams.health.monitor import Monitor
from streams.health.otlp import wanted_tracer
from streams.health.traces import Traces
from streams.health.vitals import Phase
from streams.model import load_model
from streams.settings import Settings, SettingsError
from streams.worker.allocator import restrain_allocator, spare_what_is_loaded

logger = logging.getLogger(__name__)

READY_FILE: Final = "TIDEGATE_READY_FILE"  # for scripts and tests that have to wait until it answers: holds the port


def run_gateway(settings: Settings, address: Address, keys_file: Path | None) -> int:
    """Runs until SIGTERM or SIGINT, and returns the exit code: 0, or 1 after a crash.

    Args:
        keys_file: None: no keys, which only a loopback address allows.

    Raises:
        TidegateError, ArtifactError, ServingError: it could not start; the message is one sentence.
    """
    if keys_file is None and not address.is_loopback:
        raise SettingsError(f"Without keys only this machine may ask: {address.host} is no loopback address.")
    if (address.tls_cert is None) != (address.tls_key is None):
        raise SettingsError("TLS needs both a certificate and its key.")
    keys = None if keys_file is None else Keys.load(keys_file)
    configure_logging(settings)
    keep_quiet()
    restrain_allocator()
    with wanted_tracer() as tracer:
        return asyncio.run(_Gateway(settings, address, keys, tracer).run_watched())


class _Gateway:
    def __init__(self, settings: Settings, address: Address, keys: Keys | None, tracer: Tracer | None = None) -> None:
        self._settings = settings
        self._address = address
        self._keys = keys
        self._traces = None if tracer is None else Traces(tracer)
        self._stop = asyncio.Event()
        self._crashed: BaseException | None = None
        self._monitor = Monitor(settings)

    async def run_watched(self) -> int:
        """`run`, with the port for operators open from the first moment to the last."""
        async with self._monitor:
            return await self.run()

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(of_loop)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        with bound(self._address) as listener:
            model = await asyncio.to_thread(load_model, self._settings)
            spare_what_is_loaded()
            async with AsyncExitStack() as stack:
                sender, verdicts = await self._sender(stack)
                scoring = Scoring(self._settings, model, self._crash, self._traces)
                scoring.start()
                stack.push_async_callback(scoring.stop)
                requests = Requests()
                intake = Intake(self._keys, self._settings.max_body_bytes)
                app = build_app(scoring, intake, sender, verdicts, requests, self._traces)
                self._monitor.watch(GatewayMetrics(scoring, requests))
                await serve_until(self._stop, app, listener, self._address, self._settings.drain_s, self._report_ready)
        if self._crashed is not None:
            logger.error("stopped: %s", place_of(self._crashed))
            return 1
        return 0

    async def _sender(self, stack: AsyncExitStack) -> tuple[Sender | None, str]:
        """Only where somebody named brokers: their default is for programs that cannot do without."""
        if "brokers" not in self._settings.model_fields_set:
            return None, ""
        from streams.gateway.kafka_sender import KafkaSender
        from streams.kafka.topics import topic_name

        return await stack.enter_async_context(KafkaSender(self._settings)), topic_name(
            self._settings.topic_prefix, "labels"
        )

    def _report_ready(self, port: int) -> None:
        self._monitor.reach(Phase.READY)
        logger.info("ready at %s://%s:%d", self._address.scheme, self._address.host, port)
        if path := os.environ.get(READY_FILE):
            Path(path).write_text(f"{port}\n")

    def _crash(self, error: BaseException) -> None:
        """The first crash counts; what follows from it does not."""
        self._crashed = self._crashed or error
        self._end()

    def _end(self) -> None:
        self._monitor.reach(Phase.ENDING)
        self._stop.set()
