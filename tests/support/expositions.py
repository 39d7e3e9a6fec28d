"""Reads what a port for operators answers, as those do who scrape it."""

from __future__ import annotations

import http.client
import subprocess
from collections.abc import Iterable
from typing import NamedTuple

from prometheus_client.core import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from streams.health.families import FAMILIES
from streams.health.words import closed

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
OPEN = ("topic", "partition", "version", "model", "policy", "worker")
"""Labels that name what is configured: as many values as there are partitions, versions and processes."""
NO_PROMTOOL = "promtool is missing, which checks the metrics: install Debian's package `prometheus`"


class Answer(NamedTuple):
    status: int
    text: str
    kind: str


def get(port: int, path: str = "/metrics", accept: str = "text/plain") -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"accept": accept})
        response = connection.getresponse()
        return Answer(response.status, response.read().decode(), response.headers["content-type"])
    finally:
        connection.close()


def values(exposition: str) -> dict[str, float]:
    """By name and labels as they are written, `le` included."""
    return {
        f"{sample.name}{{{','.join(f'{name}={value}' for name, value in sorted(sample.labels.items()))}}}": sample.value
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    }


def families(port: int) -> dict[str, Metric]:
    """Both formats, which have to say the same, through both parsers."""
    plain = list(text_string_to_metric_families(get(port).text))
    answer = get(port, accept=OPENMETRICS)
    assert answer.kind.startswith("application/openmetrics-text")
    open_metrics = list(openmetrics.text_string_to_metric_families(answer.text))  # type: ignore[no-untyped-call]
    assert _shape(plain) == _shape(open_metrics)
    return {family.name: family for family in plain}


def _shape(found: Iterable[Metric]) -> list[tuple[str, str, str, list[tuple[str, frozenset[tuple[str, str]]]]]]:
    """All but the values, which move on."""
    return [
        (
            one.name,
            one.type,
            one.documentation,
            [(sample.name, frozenset(sample.labels.items())) for sample in one.samples],
        )
        for one in found
    ]


def assert_promtool_is_content(exposition: str) -> None:
    """Raises AssertionError where promtool is missing: that is no reason to pass over it."""
    try:
        done = subprocess.run(
            ["promtool", "check", "metrics"], input=exposition, capture_output=True, text=True, timeout=30
        )
    except FileNotFoundError:
        raise AssertionError(NO_PROMTOOL) from None
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def assert_is_as_declared(found: dict[str, Metric], *where: str) -> None:
    """Each family of these processes is there once, with its kind and labels, and says nothing but known words."""
    ours = {name: one for name, one in found.items() if name.startswith("tidegate_")}
    declared = {one.name: one for one in FAMILIES if one.where in ("every", *where)}
    assert set(ours) == set(declared)
    words = closed()
    for name, family in declared.items():
        assert (ours[name].type, ours[name].documentation) == (family.kind, family.about)
        for sample in ours[name].samples:
            labels = {label: value for label, value in sample.labels.items() if label != "le"}
            assert set(labels) <= {*family.labels, "worker"}, sample
            for label, value in labels.items():
                assert label in OPEN or value in words[label], sample
