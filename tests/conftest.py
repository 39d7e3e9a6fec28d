"""Fixtures that start something: a broker once, workers and topics for each test.

What they need is imported when they run: unit tests start without Kafka's and the service's imports.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.bench import Bench

_BENCH = pytest.StashKey["Bench"]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "real_broker(why): cannot run on the embedded broker")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("TIDEGATE_TEST_BROKER") != "embedded":
        return
    for item in items:
        for mark in item.iter_markers("real_broker"):
            reason = f"TIDEGATE_TEST_BROKER=embedded: {mark.args[0]}"
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The address of the broker that the tests share."""
    from tests.support.brokers import running_broker

    with running_broker() as bootstrap:
        yield bootstrap


@pytest.fixture
def bench(kafka: str, tiny_artifact: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A prefix of its own on the broker; its workers are killed when the test ends, however it ends."""
    from tests.support.bench import Bench

    bench = Bench(kafka, tiny_artifact, tmp_path)
    request.node.stash[_BENCH] = bench
    yield bench
    bench.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows the end of the workers' logs with a failure."""
    report = yield
    bench = item.stash.get(_BENCH, None)
    if report.failed and bench is not None and bench.workers:
        report.sections.append(("workers", bench.logs()))
    return report
