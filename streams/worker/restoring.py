"""Partitions whose changelog is being read: their records wait in front of the ledger until it is known."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final, Protocol

from streams.errors import ClientError
from streams.kafka.outage import Outage
from streams.record import Partition

logger = logging.getLogger(__name__)

RESTORE_WITHIN_S: Final = 30.0


class Readable(Protocol):
    """What is asked of a changelog."""

    def read(self, begins: Mapping[int, int]) -> AsyncGenerator[tuple[int, Sequence[Any]], None]: ...


class Restoring:
    """Nothing of a record that waits here was opened or committed, so none is lost.

    None waits for longer than `within_s`: then records are decided without what is missing, while reading goes on.
    Lives on the event loop.

    Args:
        changelogs: by input topic. Records of a topic without one never wait.
        restore: enters messages into what is known of a partition; returns how many of them it cannot use.
        crash: called with an exception after which nothing can be relied on.
    """

    def __init__(
        self,
        changelogs: Mapping[str, Readable],
        restore: Callable[[Partition, Sequence[Any]], Awaitable[int]],
        crash: Callable[[BaseException], None],
        within_s: float = RESTORE_WITHIN_S,
    ) -> None:
        self._changelogs = changelogs
        self._restore = restore
        self._crash = crash
        self._within_s = within_s
        self.missing: frozenset[Partition] = frozenset()
        """Of the partitions held, those whose changelog was not read to its end."""
        self._read_to: dict[Partition, int] = {}
        """The next offset: what is known stays while a partition is held, so only the rest is read."""
        self._is_open = False
        self._changed = asyncio.Event()
        self._revocations = 0
        self._task: asyncio.Task[None] | None = None
        self._overdue: asyncio.TimerHandle | None = None
        self._then: Callable[[], None] | None = None

    def begin(self, partitions: Collection[Partition], then: Callable[[], None] | None = None) -> None:
        """Reads what is to be known of all partitions that the worker holds now.

        Args:
            then: called when records are let in, if that is before the next revocation.
        """
        self._end()
        self.missing = frozenset(each for each in partitions if each[0] in self._changelogs)
        self._read_to = {each: offset for each, offset in self._read_to.items() if each in self.missing}
        self._then = then
        if not self.missing:
            self._let_all_in()
            return
        loop = asyncio.get_running_loop()
        self._overdue = loop.call_later(self._within_s, self._give_up_waiting)
        self._task = loop.create_task(self._run())
        self._task.add_done_callback(self._ended)

    def revoke(self) -> None:
        """Partitions are given up: who waits is sent away, and nobody is let in before the next `begin`."""
        self._end()
        self._is_open = False
        self._revocations += 1
        self._wake()

    async def let_in(self, partition: Partition) -> bool:
        """Waits until records of a partition may be decided. False where the partition was given up meanwhile."""
        if self._is_open or partition[0] not in self._changelogs:
            return True
        revocations = self._revocations
        while not self._is_open and self._revocations == revocations:
            await self._changed.wait()
        return self._revocations == revocations

    async def _run(self) -> None:
        began_at = time.monotonic()
        outage = Outage(
            lambda error: logger.warning("what is known of authors cannot be read, trying again: %s", error)
        )
        while self.missing:
            try:
                await self._read()
            except ClientError as error:
                await outage.wait(error)
        logger.info("read what is known of authors in %.1f s", time.monotonic() - began_at)
        self._let_all_in()

    async def _read(self) -> None:
        for topic, changelog in self._changelogs.items():
            of_topic = [each for each in self.missing if each[0] == topic]
            if not of_topic:
                continue
            unused = 0
            begins = {number: self._read_to.get((topic, number), 0) for _, number in of_topic}
            async with aclosing(changelog.read(begins)) as found:
                async for number, messages in found:
                    unused += await self._restore((topic, number), messages)
                    self._read_to[topic, number] = messages[-1].offset + 1
            self.missing = self.missing.difference(of_topic)
            if unused:
                logger.warning(
                    "%d entries on what is known of authors count for nothing: damaged, or another key", unused
                )

    def _give_up_waiting(self) -> None:
        logger.warning(
            "what is known of authors in %d partitions is not read after %g s: posts are decided without it until then",
            *(len(self.missing), self._within_s),
        )
        self._let_all_in()

    def _let_all_in(self) -> None:
        self._stop_waiting()
        self._is_open = True
        self._wake()
        then, self._then = self._then, None
        if then is not None:
            then()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _stop_waiting(self) -> None:
        overdue, self._overdue = self._overdue, None
        if overdue is not None:
            overdue.cancel()

    def _end(self) -> None:
        self._stop_waiting()
        task, self._task, self._then = self._task, None, None
        if task is not None:
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._crash(error)

    async def stop(self) -> None:
        """Gives up what is not read."""
        task = self._task
        self._end()
        if task is not None:
            await asyncio.wait({task}, timeout=1.0)
