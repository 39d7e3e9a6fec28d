"""Where spans go: by OTLP over HTTP, as OpenTelemetry's own variables say. Needs the extra `traces`."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from threading import Thread
from typing import TYPE_CHECKING, Final

from opentelemetry.trace import Tracer

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

logger = logging.getLogger(__name__)

FLUSH_S: Final = 2.0
PROTOCOL: Final = "http/protobuf"
NAME: Final = "tidegate"

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


def are_wanted(environment: Mapping[str, str]) -> bool:
    """Whether these variables ask for traces: an exporter is named, or where to send them."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporters = environment.get("OTEL_TRACES_EXPORTER", "")
    return exporters != "none" if exporters else any(environment.get(name) for name in _ENDPOINTS)


def obstacle(environment: Mapping[str, str]) -> str | None:
    """Why what these variables ask for cannot be had, as the rest of a sentence; None: it can."""
    if (exporters := environment.get("OTEL_TRACES_EXPORTER") or "otlp") != "otlp":
        return f"OTEL_TRACES_EXPORTER is {exporters!r}, and there is otlp alone"
    protocol = next((environment[name] for name in _PROTOCOLS if environment.get(name)), PROTOCOL)
    if protocol != PROTOCOL:
        return f"the protocol is {protocol!r}, and there is {PROTOCOL} alone"
    return None


@contextmanager
def wanted_tracer() -> Iterator[Tracer | None]:
    """A tracer while the block runs, None where nobody asked for one; sends what is left within `FLUSH_S` at the end.

    A service without traces serves, so what stands against them is a line in the log and no error.
    """
    if not are_wanted(os.environ):
        yield None
        return
    reason = obstacle(os.environ)
    try:
        provider = None if reason else _provider()
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        reason, provider = "it needs the extra: pip install 'tidegate[traces]'", None
    if provider is None:
        logger.warning("nothing is traced: %s", reason)
        yield None
        return
    try:
        yield provider.get_tracer(NAME, version(NAME))
    finally:
        ending = Thread(target=provider.shutdown, daemon=True)
        ending.start()
        ending.join(FLUSH_S)
        if ending.is_alive():
            logger.warning("the last spans were not taken within %g s", FLUSH_S)


def _provider() -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # The environment's word on who we are counts before ours.
    ours = Resource({"service.name": NAME, "service.version": version(NAME)}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=Resource.create(ours.attributes), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
