"""What is ordinary is no warning: a first start, members that come and go, an end."""

import asyncio
from collections.abc import Callable, Iterator

import orjson
import pytest

from load.kafka.cluster import LocalKafka
from load.worker_process import Worker
from tests.support.bench import Bench
from tests.support.records import posts

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.real_broker("it has no consumer groups of more than one member"),
]


@pytest.fixture
def own_kafka() -> Iterator[LocalKafka]:
    """Nobody ever joined a group on it, and its topic of offsets has as many partitions as by default."""
    with LocalKafka(offsets_topic_num_partitions=50) as kafka:
        yield kafka


async def test_first_start_joining_leaving_and_stopping_are_no_warnings(
    own_kafka: LocalKafka, open_bench: Callable[[str], Bench]
) -> None:
    bench = open_bench(own_kafka.bootstrap)
    await bench.create_topics(partitions=4)
    first = await bench.start_worker(log_format="json")
    places = await bench.send(posts(bench.topic("posts"), 200, partitions=4))
    second = await bench.start_worker(log_format="json")
    await bench.wait_members(2)
    await bench.answers(places)
    assert await asyncio.to_thread(second.stop) == 0
    await bench.wait_members(1)
    assert await asyncio.to_thread(first.stop) == 0

    assert [_alarms(worker) for worker in bench.workers] == [[], []]


def _alarms(worker: Worker) -> list[str]:
    lines = [orjson.loads(line) for line in worker.log.read_text().splitlines()]
    assert any(line["message"] == "ready" for line in lines)
    return [f"{line['logger']}: {line['message']}" for line in lines if line["level"] not in ("DEBUG", "INFO")]
