"""A server's life: load the model, listen, answer until told to stop, finish what is in work, end."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from opentelemetry.trace import Tracer

from streams.gateway.app import build_app
from streams.gateway.intake import Intake
from streams.gateway.keys import Keys
from streams.gateway.listening import Address, bound, serve_until
from streams.gateway.metrics import GatewayMetrics, Requests
from streams.gateway.scoring import Scoring
from streams.gateway.sending import Sender
from streams.health.life import Life, live
from streams.health.traces import Traces
from streams.model import load_model
from streams.settings import Settings, SettingsError
from streams.worker.allocator import restrain_allocator, spare_what_is_loaded


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
    restrain_allocator()
    return live(settings, lambda tracer: _Gateway(settings, address, keys, tracer).run())


class _Gateway:
    def __init__(self, settings: Settings, address: Address, keys: Keys | None, tracer: Tracer | None = None) -> None:
        self._settings = settings
        self._address = address
        self._keys = keys
        self._traces = None if tracer is None else Traces(tracer)
        self.life = Life(settings)

    async def run(self) -> int:
        return await self.life.run(self._serve)

    async def _serve(self) -> None:
        with bound(self._address) as listener:
            model = await asyncio.to_thread(load_model, self._settings)
            spare_what_is_loaded()
            async with AsyncExitStack() as stack:
                sender, verdicts = await self._sender(stack)
                scoring = Scoring(self._settings, model, self.life.crash, self._traces)
                scoring.start()
                stack.push_async_callback(scoring.stop)
                requests = Requests()
                intake = Intake(self._keys, self._settings.max_body_bytes)
                app = build_app(scoring, intake, sender, verdicts, requests, self._traces)
                self.life.monitor.watch(GatewayMetrics(scoring, requests))
                drain_s, ended = self._settings.drain_s, self.life.ended
                await serve_until(ended, app, listener, self._address, drain_s, self._report_ready)

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
        self.life.report_ready(f" at {self._address.scheme}://{self._address.host}:{port}", known_as=str(port))
