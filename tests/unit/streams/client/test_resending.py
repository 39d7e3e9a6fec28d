"""Records that are sent once more: what goes together, and what one that is too large costs the others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import MessageSizeTooLargeError, RequestTimedOutError

from streams.client.resending import Original, resend

MOST = 1_000  # bytes of a batch, and of what the broker takes


class Batch:
    def __init__(self) -> None:
        self.values: list[bytes] = []

    def append(self, *, timestamp: int | None, key: bytes | None, value: bytes, headers: list[Any]) -> object:
        if self.values and sum(map(len, self.values)) + len(value) > 2 * MOST:
            return None
        self.values.append(value)
        return object()


class Producer:
    """A broker that refuses batches above a size, or everything."""

    def __init__(self, is_away: bool = False) -> None:
        self.taken: list[list[bytes]] = []
        self.is_away = is_away

    async def partitions_for(self, topic: str) -> set[int]:
        return {0}

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future[None]:
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.is_away:
            answer.set_exception(RequestTimedOutError())
        elif sum(map(len, batch.values)) > MOST:
            answer.set_exception(MessageSizeTooLargeError())
        else:
            self.taken.append(batch.values)
            answer.set_result(None)
        return answer


def originals(*sizes: int) -> list[Original]:
    return [Original("topic", 0, None, bytes([65 + number]) * size, ()) for number, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("sizes", "taken", "batches"),
    [
        ((10, 10, 10), [True] * 3, ["ABC"]),
        ((10, 1_500, 10, 10), [True, False, True, True], ["A", "C", "D"]),
        ((1_500, 10), [False, True], ["B"]),
        ((600, 600, 600, 600), [True] * 4, ["A", "B", "C", "D"]),
    ],
)
async def test_one_that_is_too_large_costs_no_other(
    sizes: tuple[int, ...], taken: list[bool], batches: list[str]
) -> None:
    producer = Producer()
    assert await resend(producer, originals(*sizes)) == taken
    assert ["".join(chr(value[0]) for value in batch) for batch in producer.taken] == batches


async def test_a_broker_that_does_not_answer_takes_nothing() -> None:
    assert await resend(Producer(is_away=True), originals(10, 10)) == [False, False]
