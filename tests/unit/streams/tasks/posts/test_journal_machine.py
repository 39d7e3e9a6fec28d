"""Author history over crashes, moves and compaction at any moment: no strike of a committed record is ever lost, none
counts twice, and what is over goes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from streams.record import Outgoing
from streams.tasks.base import Parts
from streams.tasks.posts.author_key import secret_of
from streams.tasks.posts.authors import author_hash
from streams.tasks.posts.journal import author_in
from streams.tasks.posts.memory import Memory
from tests.unit.streams.tasks.building import parts

PARTITIONS: Final = (0, 1)
WORKERS: Final = (0, 1)
AUTHORS: Final = ("ann", "bo")
WINDOW_S: Final = 100.0
SECRET: Final = secret_of(b"k" * 32)

Entry = tuple[int, bytes | None, bytes | None]
"""Offset in the changelog, key, value."""

partitions = st.sampled_from(PARTITIONS)
workers = st.sampled_from(WORKERS)


class Moves(RuleBasedStateMachine):
    """Two workers, two partitions. Every record is a post that is acted on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0
        self.sent: dict[int, list[tuple[str, float]]] = defaultdict(list)
        self.decided: dict[int, dict[int, list[Outgoing]]] = defaultdict(dict)
        """By partition and offset: what is to leave, of the worker that holds the partition."""
        self.published: dict[int, int] = defaultdict(int)
        self.committed: dict[int, int] = defaultdict(int)
        self.ever_decided: set[tuple[int, int]] = set()
        self.log: dict[int, list[Entry]] = defaultdict(list)
        self.log_end: dict[int, int] = defaultdict(int)
        self.memories = {worker: self.new_memory() for worker in WORKERS}
        self.read_to: dict[tuple[int, int], int] = {}
        self.owners: dict[int, int] = {}
        self.assign(dict.fromkeys(PARTITIONS, 0))

    def new_memory(self) -> Memory:
        return Memory.open(replace(given(), wall_clock=lambda: self.now), Path("none"))

    def assign(self, owners: dict[int, int]) -> None:
        """As Kafka does it: all is given up, what was not committed comes again, and the rest of the log is read."""
        for partition in PARTITIONS:
            self.decided[partition].clear()
            self.published[partition] = self.committed[partition]
        for worker, memory in self.memories.items():
            memory.offenders.revoke(PARTITIONS)
            held = {partition for partition in PARTITIONS if owners[partition] == worker}
            memory.assign(held, len(PARTITIONS))
            for partition in PARTITIONS:
                if partition not in held:
                    self.read_to.pop((worker, partition), None)
                    continue
                begin = self.read_to.get((worker, partition), 0)
                rest = [(key, value) for offset, key, value in self.log[partition] if offset >= begin]
                assert memory.offenders.restore(partition, rest) == 0
                self.read_to[worker, partition] = self.log_end[partition]
        self.owners = owners

    @rule(partition=partitions, author=st.sampled_from(AUTHORS))
    def comes(self, partition: int, author: str) -> None:
        self.sent[partition].append((author, self.now))

    def undecided(self, partition: int) -> list[int]:
        begin = self.published[partition]
        return [n for n in range(begin, len(self.sent[partition])) if n not in self.decided[partition]]

    @precondition(lambda self: any(self.undecided(partition) for partition in PARTITIONS))
    @rule(data=st.data())
    def is_decided(self, data: st.DataObject) -> None:
        """In any order: batches are cut by length."""
        waiting = [(partition, n) for partition in PARTITIONS for n in self.undecided(partition)]
        self.decide(*data.draw(st.sampled_from(waiting)))

    def decide(self, partition: int, offset: int) -> None:
        author, sent_at = self.sent[partition][offset]
        memory = self.memories[self.owners[partition]]
        memory.offenders.authors.add(who(partition, author), verdict(partition, offset), partition, sent_at)
        self.decided[partition][offset] = list(memory.leaving())
        self.ever_decided.add((partition, offset))

    @precondition(lambda self: any(self.published[p] in self.decided[p] for p in PARTITIONS))
    @rule()
    def leaves(self) -> None:
        """In the order of a partition."""
        for partition in PARTITIONS:
            while (offset := self.published[partition]) in self.decided[partition]:
                self.write(self.decided[partition].pop(offset))
                self.published[partition] += 1

    @precondition(lambda self: any(self.published[p] in self.decided[p] for p in PARTITIONS))
    @rule()
    def leaves_and_nobody_hears_of_it(self) -> None:
        """The worker dies after the broker has the outputs, or some of them."""
        for partition in PARTITIONS:
            self.write(self.decided[partition].get(self.published[partition], [])[:1])
        self.dies(0)

    def write(self, outputs: list[Outgoing]) -> None:
        for each in outputs:
            self.log[each.partition].append((self.log_end[each.partition], each.key, each.value))
            self.log_end[each.partition] += 1

    @rule()
    def commits(self) -> None:
        self.committed |= self.published

    @rule(worker=workers)
    def dies(self, worker: int) -> None:
        """Another takes over, and the one that comes back begins anew."""
        self.memories[worker] = self.new_memory()
        self.read_to = {key: offset for key, offset in self.read_to.items() if key[0] != worker}
        self.assign(dict.fromkeys(PARTITIONS, 1 - worker))

    @rule(first=workers, second=workers)
    def is_rebalanced(self, first: int, second: int) -> None:
        self.assign({0: first, 1: second})

    @rule()
    def is_compacted(self) -> None:
        for partition, entries in self.log.items():
            last = {entry[1]: entry for entry in entries}
            self.log[partition] = sorted(last.values())

    @rule(seconds=st.sampled_from([1.0, 60.0, 250.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def looks_through_what_is_old(self) -> None:
        for memory in self.memories.values():
            memory.offenders.checkpoint()

    @invariant()
    def what_is_committed_is_known_once(self) -> None:
        for partition, owner in self.owners.items():
            for author in AUTHORS:
                within = [
                    n
                    for n, (name, sent_at) in enumerate(self.sent[partition])
                    if name == author and sent_at >= self.now - WINDOW_S
                ]
                least = sum(n < self.committed[partition] for n in within)
                most = sum((partition, n) in self.ever_decided for n in within)
                known = self.memories[owner].offenders.authors.before(
                    who(partition, author), "f" * 32, self.now, WINDOW_S
                )
                assert least <= known <= most

    def teardown(self) -> None:
        """Once all is decided, everything is known exactly; and once all is over, the log is empty."""
        self.now += 1
        for partition in PARTITIONS:
            self.sent[partition].append(("zoe", self.now))
            for offset in self.undecided(partition):
                self.decide(partition, offset)
        self.leaves()
        self.commits()
        for worker in WORKERS:
            self.what_is_committed_is_known_once()
            self.dies(worker)
        self.what_is_committed_is_known_once()
        self.now += 2 * WINDOW_S
        for memory in self.memories.values():
            memory.offenders.checkpoint()
            self.write(list(memory.leaving()))
        last = {key: value for entries in self.log.values() for _, key, value in entries}
        assert [key for key, value in last.items() if value is not None] == []


@cache
def given() -> Parts:
    offender = {"posts": 2, "window_s": WINDOW_S, "max_authors": 50}
    built = parts(Path("none"), posts={"repeat_offender": offender})
    return replace(built, author_state="topic", author_secret=SECRET)


def who(partition: int, author: str) -> int:
    return author_in(partition, author_hash(SECRET, author))


def verdict(partition: int, offset: int) -> str:
    return f"{partition}{offset:015x}".ljust(32, "0")


TestMoves = Moves.TestCase
TestMoves.settings = settings(max_examples=200, stateful_step_count=40)
