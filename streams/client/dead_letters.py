"""Dead letters: reading them, and sending the originals again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from schemas import DeadLetter, Reason
from schemas.dead_letter import REPLAYED
from schemas.wire import Header
from streams.client.done_offsets import DoneOffsets
from streams.client.messages import Letter, decode_letter
from streams.client.resending import TOGETHER, Original, resend, resending
from streams.client.stretch import as_it_is_now, read_stretch, reading
from streams.kafka.topics import input_kinds, topic_name
from streams.settings import Settings


class Wanted(NamedTuple):
    """Which letters: of these reasons (none: of all), that failed from `since` on and before `until`."""

    reasons: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def includes(self, letter: Letter) -> bool:
        why = letter.why
        if self.reasons and why.reason not in self.reasons:
            return False
        return (self.since is None or why.failed_at >= self.since) and (
            self.until is None or why.failed_at < self.until
        )


ALL: Final = Wanted()


async def read_letters(
    settings: Settings, wanted: Wanted = ALL, limit: int | None = None
) -> AsyncGenerator[Letter, None]:
    """The letters in the topic as it is now, oldest first within each partition; later ones are not waited for.

    A record in the topic that is no dead letter is passed over.

    Raises:
        ClientError: the broker or the topic cannot be reached.
    """
    left = limit
    topic = topic_name(settings.topic_prefix, "dead-letters")
    async with reading(settings, topic) as consumer:
        async for message in read_stretch(consumer, topic, *await as_it_is_now(consumer)):
            try:
                letter, _ = decode_letter(message)
            except ValueError:
                continue
            if not wanted.includes(letter):
                continue
            if left is not None:
                if left == 0:
                    return
                left -= 1
            yield letter


@dataclass(slots=True)
class Count:
    """Letters. `before`: an earlier replay had sent them; `foreign`: they hold no record of an input topic of ours."""

    sent: int = 0
    failed: int = 0
    before: int = 0
    foreign: int = 0


@dataclass(slots=True)
class Replayed:
    """What a replay did, by reason."""

    by_reason: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))

    @property
    def total(self) -> Count:
        return Count(*(sum(getattr(count, one.name) for count in self.by_reason.values()) for one in fields(Count)))


def progress_file(settings: Settings) -> Path:
    """Where a replay remembers what it has sent."""
    return settings.data_dir / f"replayed-{settings.topic_prefix}.json"


async def replay(
    settings: Settings,
    wanted: Wanted = ALL,
    limit: int | None = None,
    dry_run: bool = False,
    done: DoneOffsets | None = None,
) -> Replayed:
    """Sends the originals of the letters that are in the topic now to where they came from.

    Key, value and headers are the original's, to the byte, and go to the original's partition; the header
    `tidegate-attempts` is added, so that another failure counts on. The letters stay in the topic. Sent twice, a
    record gets the verdict of the first time again, under the same id.

    Args:
        limit: letters to send at most.
        dry_run: count and send nothing; nothing is remembered either.
        done: what was sent before and is not sent again; is told what was sent now, and writes it down.

    Raises:
        ClientError: the broker or the topic cannot be reached.
        ProgressError: what was sent cannot be written down.
    """
    replayed = Replayed()
    async with resending(settings) as producer:
        if done is not None and not dry_run:
            done.save()  # a file that cannot be written is found out before anything is sent
        async for letters in _to_send(settings, wanted, limit, done, replayed):
            results = [True] * len(letters) if dry_run else await _send_originals(producer, letters)
            for letter, was_taken in zip(letters, results, strict=True):
                _note(letter, was_taken, replayed, done)
            if done is not None and not dry_run:
                done.save()
    return replayed


async def _to_send(
    settings: Settings, wanted: Wanted, limit: int | None, done: DoneOffsets | None, replayed: Replayed
) -> AsyncIterator[list[Letter]]:
    """The letters to send, a hundred at a time; counts the others."""
    inputs = {topic_name(settings.topic_prefix, kind) for kind in input_kinds()}
    chunk: list[Letter] = []
    chosen = 0
    async with aclosing(read_letters(settings, wanted)) as all_letters:
        async for letter in all_letters:
            count = replayed.by_reason[letter.why.reason.value]
            if letter.why.original_topic not in inputs or letter.why.reason is Reason.UNREADABLE_BATCH:
                count.foreign += 1
            elif done is not None and (letter.record.partition, letter.record.offset) in done:
                count.before += 1
            elif chosen == limit:
                break
            else:
                chosen += 1
                chunk.append(letter)
            if len(chunk) == TOGETHER:
                yield chunk
                chunk = []
    if chunk:
        yield chunk


def _note(letter: Letter, was_taken: bool, replayed: Replayed, done: DoneOffsets | None) -> None:
    count = replayed.by_reason[letter.why.reason.value]
    if not was_taken:
        count.failed += 1
        return
    count.sent += 1
    if done is not None:
        done.add(letter.record.partition, letter.record.offset)


async def _send_originals(producer: Any, letters: Sequence[Letter]) -> list[bool]:
    """Whether the broker took each."""
    return await resend(
        producer,
        [
            Original(
                letter.why.original_topic,
                letter.why.original_partition,
                letter.record.key,
                letter.record.value,
                original_headers(letter.record.headers),
            )
            for letter in letters
        ],
    )


def original_headers(headers: Iterable[Header]) -> list[Header]:
    """Those of the record before it failed, and the count of attempts so far, which the next failure raises."""
    attempts, kept = DeadLetter.split_headers(headers)
    return [*kept, (REPLAYED, str(attempts).encode())]
