"""Fixtures that start something: a broker once, workers and topics for each test.

What they need is imported when they run: unit tests start without Kafka's and the service's imports.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.bench import Bench
    from tests.support.fork_server import ForkServer


def pytest_configure(config: pytest.Config) -> None:
    from hypothesis import settings

    config.addinivalue_line("markers", "real_broker(why): cannot run on the embedded broker")
    settings.register_profile("no-clock", deadline=None)  # an example that takes long on a busy machine is no fault
    settings.load_profile("no-clock")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"kafka", "own_kafka"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.broker)
    if os.environ.get("TIDEGATE_TEST_BROKER") != "embedded":
        return
    for item in items:
        for mark in item.iter_markers("real_broker"):
            reason = f"TIDEGATE_TEST_BROKER=embedded: {mark.args[0]}"
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """What a test sets up for logs ends with it: its streams are closed then, and another one would write to them."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        if handler not in before and not type(handler).__module__.startswith("_pytest"):
            root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The address of the broker that the tests share."""
    from tests.support.brokers import running_broker

    with running_broker() as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
def tiny_artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder whose model is a look-up table."""
    from tests.support.tiny_artifact import write_tiny_artifact

    folder = tmp_path_factory.mktemp("artifact") / "tiny"
    write_tiny_artifact(folder)
    return folder


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    """What starts the workers of the benches."""
    from tests.support.fork_server import ForkServer

    server = ForkServer()
    yield server
    server.close()


@pytest.fixture
def open_bench(tiny_artifact: Path, tmp_path: Path, fork_server: ForkServer) -> Iterator[Callable[[str], Bench]]:
    """Opens a bench on a broker; its workers are killed when the test ends, however it ends."""
    from tests.support.bench import Bench

    with ExitStack() as stack:

        def open_on(bootstrap: str) -> Bench:
            bench = Bench(bootstrap, tiny_artifact, tmp_path, fork_server)
            stack.callback(bench.close)
            return bench

        yield open_on


@pytest.fixture
def bench(kafka: str, open_bench: Callable[[str], Bench]) -> Bench:
    """A prefix of its own on the shared broker."""
    return open_bench(kafka)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows the end of the workers' logs with a failure."""
    report = yield
    if report.failed:
        for argument in getattr(item, "funcargs", {}).values():
            if type(argument).__module__ == "tests.support.bench" and argument.workers:
                report.sections.append(("workers", argument.logs()))
    return report
