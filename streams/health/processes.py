"""One scrape for all processes of `--workers N`: their supervisor asks each, and says which is which."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from streams.health import families as of
from streams.health.port import listening
from streams.settings import METRICS_PORT_FILE, PREFIX, Settings

LOOPBACK: Final = "127.0.0.1"
SLOWEST_S: Final = 3.0
"""For a process to answer; Prometheus itself waits for 10 s by default."""


class Reply(NamedTuple):
    status: int
    text: str


@contextmanager
def scraped_together(settings: Settings, count: int) -> Iterator[list[Mapping[str, str]]]:
    """Gives the environments to start the processes with, and listens at `metrics_port` for all of them.

    Each opens a port of its own that the system chooses, on loopback, and writes it to a file. A process that does not
    answer is missing in the scrape and has `tidegate_worker_up` 0.

    Raises:
        ListenError: the port is taken, or the host is not this machine's.
    """
    if settings.metrics_port is None:
        yield [os.environ] * count
        return
    with TemporaryDirectory(prefix="tidegate-") as folder:
        files = [Path(folder) / str(number) for number in range(1, count + 1)]
        processes = Processes(files)
        registry = CollectorRegistry()
        registry.register(processes)
        with listening(
            settings.metrics_host, settings.metrics_port, registry, processes.why_not_live, processes.why_not_ready
        ):
            yield [_environment(file) for file in files]


def _environment(file: Path) -> Mapping[str, str]:
    own = {f"{PREFIX}METRICS_PORT": "0", f"{PREFIX}METRICS_HOST": LOOPBACK, METRICS_PORT_FILE: str(file)}
    return {**os.environ, **own}


class Processes(Collector):
    """Args:
    port_files: where each process writes its port.
    """

    def __init__(self, port_files: Sequence[Path]) -> None:
        self._port_files = port_files

    def _ask(self, path: str) -> list[Reply | None]:
        """All at once; None of a process that does not answer (yet, or any more)."""
        with ThreadPoolExecutor(len(self._port_files)) as asking:
            return list(asking.map(lambda file: _get(file, path), self._port_files))

    def collect(self) -> Iterator[Metric]:
        merged: dict[str, Metric] = {}
        up: list[tuple[tuple[str], float]] = []
        for number, reply in enumerate(self._ask("/metrics"), start=1):
            up.append(((str(number),), reply is not None and reply.status == 200))
            for found in text_string_to_metric_families(reply.text) if reply and reply.status == 200 else ():
                family = merged.setdefault(found.name, Metric(found.name, found.documentation, found.type))
                family.samples += [one._replace(labels={**one.labels, "worker": str(number)}) for one in found.samples]
        yield of.WORKER_UP.by(up)
        yield from merged.values()

    def why_not_live(self) -> str | None:
        """One that has not opened its port yet is starting, and lives."""
        return self._why_not("/livez", unopened=None)

    def why_not_ready(self) -> str | None:
        return self._why_not("/readyz", unopened="it starts")

    def _why_not(self, path: str, unopened: str | None) -> str | None:
        for number, (file, reply) in enumerate(zip(self._port_files, self._ask(path), strict=True), start=1):
            if reply is None:
                said = "it does not answer" if file.exists() else unopened
            else:
                said = None if reply.status == 200 else reply.text.strip()
            if said is not None:
                return f"worker {number}: {said}"
        return None


def _get(port_file: Path, path: str) -> Reply | None:
    try:
        port = int(port_file.read_text())
    except (OSError, ValueError):  # not opened, or not written to the end
        return None
    connection = HTTPConnection(LOOPBACK, port, timeout=SLOWEST_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return Reply(response.status, response.read().decode())
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
