"""The broker goes away and comes back with its data, while a worker is busy."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from load.kafka.cluster import LocalKafka
from tests.support.bench import Bench
from tests.support.records import posts

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.real_broker("it keeps nothing over a restart"),
]


@pytest.fixture
def own_kafka() -> Iterator[LocalKafka]:
    with LocalKafka() as kafka:
        yield kafka


@pytest.fixture
def own_bench(own_kafka: LocalKafka, open_bench: Callable[[str], Bench]) -> Bench:
    return open_bench(own_kafka.bootstrap)


async def test_a_broker_restart_loses_nothing(own_kafka: LocalKafka, own_bench: Bench) -> None:
    bench = own_bench
    await bench.create_topics(partitions=2)
    worker = await bench.start_worker()
    sending = asyncio.create_task(bench.send_steadily(posts(bench.topic("posts"), 6_000, partitions=2), 1_000))
    await asyncio.sleep(2)

    own_kafka.stop()
    await asyncio.sleep(1)
    own_kafka.start()

    places = await sending
    if worker.process.poll() is not None:  # it may give up; then its records come back to the next
        assert worker.process.returncode != 0
        await bench.start_worker()
    answers = await bench.answers(places, quiet_s=90)
    answers.assert_at_least_once()
    await bench.wait_committed(places)
    assert len(worker.log.read_text().splitlines()) < 100, "an outage of seconds fills the log"
