"""A real Prometheus on a free port of this machine, with the scrape jobs and the rules of docker-compose.yml."""

from __future__ import annotations

import http.client
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from load.kafka.cluster import free_ports
from streams.leash import start_leashed, stop_leashed, tail

PROVISIONED = Path(__file__).parents[2] / "deploy/prometheus"
MISSING = "prometheus is missing, which scrapes a worker: install Debian's package `prometheus`, or Prometheus itself"
READY_WITHIN_S = 60.0
EVERY = "1s"


@dataclass(frozen=True)
class Prometheus:
    """One that runs."""

    port: int

    def ask(self, path: str, **query: str) -> Any:
        """The `data` of an answer of its API. Raises AssertionError: it answered with an error."""
        status, body = self.get(f"/api/v1/{path}?{urlencode(query)}")
        document = json.loads(body)
        assert (status, document["status"]) == (200, "success"), document.get("error")
        return document["data"]

    def values(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """What an expression is now: labels and value of each series; of a scalar no labels."""
        data = self.ask("query", query=expression)
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(one["metric"], float(one["value"][1])) for one in data["result"]]

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


@contextmanager
def prometheus(folder: Path, ports: Mapping[str, int]) -> Iterator[Prometheus]:
    """Scrapes and evaluates once a second until the block ends.

    Args:
        ports: of this machine, by the name of the service in Compose whose job scrapes them.

    Raises:
        AssertionError: it is missing, which is no reason to pass over it, or it did not become ready.
    """
    found = shutil.which("prometheus")
    assert found is not None, MISSING
    folder.mkdir()
    (folder / "prometheus.yml").write_text(yaml.safe_dump(_configuration(ports)), "utf-8")
    shutil.copy(PROVISIONED / "rules.yml", folder)
    running, log = Prometheus(free_ports(1)[0]), folder / "prometheus.log"
    options = {
        "config.file": folder / "prometheus.yml",
        "storage.tsdb.path": folder / "data",
        "web.listen-address": f"127.0.0.1:{running.port}",
        "log.level": "warn",
    }
    process = start_leashed([found, *(f"--{name}={value}" for name, value in options.items())], output=log, cwd=folder)
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not _is_ready(running):
            assert process.poll() is None, tail(log)
            assert time.monotonic() < deadline, tail(log)
            time.sleep(0.1)
        yield running
    finally:
        stop_leashed(process, within_s=20)


def _is_ready(running: Prometheus) -> bool:
    try:
        return running.get("/-/ready")[0] == 200
    except OSError:
        return False


def _configuration(ports: Mapping[str, int]) -> dict[str, Any]:
    """That of Compose, whose names of containers are ports of this machine instead."""
    document: dict[str, Any] = yaml.safe_load((PROVISIONED / "prometheus.yml").read_text("utf-8"))
    document["global"] |= {"scrape_interval": EVERY, "scrape_timeout": EVERY, "evaluation_interval": EVERY}
    for job in document["scrape_configs"]:
        names = [name for discovery in job.pop("dns_sd_configs") for name in discovery["names"]]
        targets = [f"127.0.0.1:{ports[name]}" for name in names if name in ports]
        job["static_configs"] = [{"targets": targets}]
    return document
