"""Records as other clients write them: compressed, and in transactions."""

import asyncio

import pytest

from load.kafka.admin import ends
from streams.client import Client
from streams.kafka.topics import create_topics
from streams.settings import Settings
from tests.support.bench import Bench
from tests.support.foreign import produce, transactions
from tests.support.records import posts
from tests.support.traffic import Draft

pytestmark = pytest.mark.timeout(120)

ANY = -1  # the partitioner chooses
CODECS = ("gzip", "snappy", "lz4", "zstd")


@pytest.mark.parametrize("codec", CODECS)
async def test_the_worker_and_the_client_read_compressed_batches(bench: Bench, codec: str) -> None:
    await bench.create_topics()
    worker = await bench.start_worker()
    drafts = posts(bench.topic("posts"), 200)

    places = await asyncio.to_thread(produce, bench.bootstrap, drafts, compression_type=codec)

    answers = await bench.answers(places)
    answers.assert_exactly_once()
    assert {each.kind for each in answers.outputs} == {"labels"}
    assert worker.process.poll() is None
    verdicts = [each.value for each in answers.outputs]
    assert await _read_by_client(bench, verdicts, codec) == {each.body["id"] for each in answers.outputs}


async def _read_by_client(bench: Bench, verdicts: list[bytes | None], codec: str) -> set[str]:
    """The ids of these verdicts, after another client compressed them into a topic of their own."""
    settings = Settings(brokers=bench.bootstrap, topic_prefix=f"{bench.prefix}-copy")
    await create_topics(settings, 1, 1)
    drafts = [Draft(f"{bench.prefix}-copy.labels", value) for value in verdicts]
    await asyncio.to_thread(produce, bench.bootstrap, drafts, compression_type=codec)
    async with Client(settings=settings) as client:
        return {verdict.id async for verdict in client.verdicts(from_beginning=True, timeout_s=3)}


async def test_librdkafka_sends_an_author_where_our_client_does_if_it_is_told_to(bench: Bench) -> None:
    """docs/consuming.md names the partitioner. By default, it puts a key elsewhere, and its posts have no order."""
    await bench.create_topics(partitions=8)
    authors = [f"author-{number}" for number in range(8)]
    async with Client(settings=Settings(brokers=bench.bootstrap, topic_prefix=bench.prefix)) as client:
        ours = [(await client.send_post({"id": "1", "text": "a", "author": one})).partition for one in authors]

    async def partitions(**config: object) -> list[int]:
        drafts = [Draft(bench.topic("posts"), b"{}", key=one.encode(), partition=ANY) for one in authors]
        went = [await asyncio.to_thread(produce, bench.bootstrap, [each], **config) for each in drafts]
        return [partition for ((_, partition, _),) in went]

    assert await partitions(partitioner="murmur2_random") == ours
    assert await partitions() != ours


in_transactions = pytest.mark.real_broker("it writes no markers at the end of a transaction")


def _fives(bench: Bench, *names: str) -> list[list[Draft]]:
    return [posts(bench.topic("posts"), 5, name=name) for name in names]


@in_transactions
async def test_an_aborted_transaction_is_not_judged_and_holds_nothing_up(bench: Bench) -> None:
    """The offsets move on past what was aborted and past the markers, or the group's lag would never be zero."""
    await bench.create_topics()
    first = await bench.start_worker()
    before, kept, after = _fives(bench, "before", "kept", "after")

    parts = (before, False), (kept, True), (after, False)
    _, places, _ = await asyncio.to_thread(transactions, bench.bootstrap, bench.prefix, *parts)

    (await bench.answers(places)).assert_exactly_once()
    end = await ends(bench.bootstrap, [bench.topic("posts")])
    assert end[bench.topic("posts"), 0] == 18, "three markers"
    await bench.wait_committed_up_to(end)
    assert await asyncio.to_thread(first.stop) == 0
    await bench.start_worker()
    later = await bench.send(posts(bench.topic("posts"), 1, name="later"))
    (await bench.answers([*places, *later])).assert_exactly_once()


@in_transactions
async def test_a_worker_that_comes_later_passes_over_what_was_aborted(bench: Bench) -> None:
    await bench.create_topics()
    (aborted,) = _fives(bench, "aborted")
    await asyncio.to_thread(transactions, bench.bootstrap, bench.prefix, (aborted, False))

    await bench.start_worker()

    await bench.wait_committed_up_to({(bench.topic("posts"), 0): 6})
    assert not (await bench.all_answers([])).outputs


@in_transactions
async def test_uncommitted_records_are_judged_where_the_settings_say_so(bench: Bench) -> None:
    await bench.create_topics()
    await bench.start_worker(isolation_level="read_uncommitted")
    parts = zip(_fives(bench, "aborted", "kept"), (False, True), strict=True)

    aborted, kept = await asyncio.to_thread(transactions, bench.bootstrap, bench.prefix, *parts)

    (await bench.answers([*aborted, *kept])).assert_exactly_once()


@in_transactions
async def test_the_client_does_not_see_what_was_aborted(bench: Bench) -> None:
    await bench.create_topics()
    await bench.start_worker()
    answers = await bench.answers(await bench.send(posts(bench.topic("posts"), 10)))
    copy = Settings(brokers=bench.bootstrap, topic_prefix=f"{bench.prefix}-copy")
    await create_topics(copy, 1, 1)
    drafts = [Draft(f"{copy.topic_prefix}.labels", each.value) for each in answers.outputs]

    await asyncio.to_thread(transactions, bench.bootstrap, bench.prefix, (drafts[:5], False), (drafts[5:], True))

    async with Client(settings=copy) as client:
        seen = [verdict.id async for verdict in client.verdicts(from_beginning=True, timeout_s=2)]
    assert seen == [each.body["id"] for each in answers.outputs[5:]]
