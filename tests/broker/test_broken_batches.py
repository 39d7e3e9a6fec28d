"""A batch that no longer can be read, because it was damaged where the broker keeps it."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiokafka.record.util import calc_crc32c

from load.kafka.cluster import LocalKafka
from streams.history import Place
from tests.support.bench import Bench
from tests.support.foreign import produce
from tests.support.records import posts

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.real_broker("it keeps nothing on a disk"),
]

HEADER = 61  # bytes of a batch before its records
CRC_AT = 17
CRC_FROM = 21


@pytest.fixture
def own_kafka() -> Iterator[LocalKafka]:
    with LocalKafka() as kafka:
        yield kafka


def flip(batch: bytearray) -> None:
    """One bit of a record: the checksum tells."""
    batch[HEADER + 40] ^= 1


def garble(batch: bytearray) -> None:
    """The checksum is right, and the compressed records are not."""
    batch[HEADER:] = bytes(len(batch) - HEADER)
    struct.pack_into(">I", batch, CRC_AT, calc_crc32c(bytes(batch[CRC_FROM:])))


@pytest.mark.parametrize(("codec", "damage"), [("none", flip), ("gzip", garble), ("zstd", garble)])
async def test_a_batch_that_cannot_be_read_is_one_dead_letter_and_the_rest_is_judged(
    own_kafka: LocalKafka, open_bench: Callable[[str], Bench], codec: str, damage: Callable[[bytearray], None]
) -> None:
    bench = open_bench(own_kafka.bootstrap)
    await bench.create_topics(partitions=2)
    before, broken, after = (
        produce(bench.bootstrap, posts(bench.topic("posts"), 20, name=name), compression_type=codec)
        for name in ("before", "broken", "after")
    )
    elsewhere = produce(bench.bootstrap, posts(bench.topic("posts"), 200, partitions=2, name="else"))
    own_kafka.stop()
    batch = _damage(own_kafka.nodes[0].folder / "data" / f"{bench.topic('posts')}-0", broken, damage)
    own_kafka.start()

    worker = await bench.start_worker()

    last = broken[-1]
    answers = await bench.answers([*before, last, *after, *elsewhere])
    answers.assert_exactly_once()
    letter = answers[last]
    assert (letter.header("reason"), letter.value) == ("unreadable_batch", batch)
    assert f"{broken[0][2]} to {broken[-1][2]}" in str(letter.header("detail"))
    assert sum(each.kind == "dead-letters" for each in answers.outputs) == 1
    await bench.wait_committed([*after, *elsewhere])
    assert worker.process.poll() is None


def _damage(folder: Path, broken: list[Place], damage: Callable[[bytearray], None]) -> bytes:
    """The batch as it then lies in the log."""
    path = folder / f"{0:020}.log"
    log = bytearray(path.read_bytes())
    at = 0
    while struct.unpack_from(">q", log, at)[0] != broken[0][2]:
        at += 12 + struct.unpack_from(">i", log, at + 8)[0]
    end = at + 12 + struct.unpack_from(">i", log, at + 8)[0]
    batch = log[at:end]
    damage(batch)
    log[at:end] = batch
    path.write_bytes(log)
    return bytes(batch)
