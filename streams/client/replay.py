"""Stored verdicts on posts, from a topic or from a file, with what can be known of their posts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import orjson

from models.text import readings
from schemas import InvalidRecord, Post
from schemas.words import read_time
from streams.client.between import read_between
from streams.client.posts import PostPlaces, open_posts, place_of, read_post, verdict_in
from streams.policy.backtest import Known
from streams.settings import Settings

Stored = tuple[Mapping[str, Any], Known]
"""A verdict as JSON holds it, empty for what is none."""


async def from_topic(
    settings: Settings, since: datetime | None, until: datetime | None, with_posts: bool
) -> AsyncIterator[list[Stored]]:
    """Verdicts of the topic `labels`, in batches. Their time is Kafka's, their author the key.

    Args:
        with_posts: reads the posts, too, as far as their topic still holds them.

    Raises:
        ClientError: the broker or a topic cannot be reached.
    """
    async with AsyncExitStack() as stack:
        places = await stack.enter_async_context(open_posts(settings)) if with_posts else None
        async for messages in read_between(settings, "labels", since, until):
            batch = [
                (verdict_in(message.value), Known(message.timestamp / 1000, message.key)) for message in messages
            ]  # fmt: skip
            if places is not None:
                await _add_posts(batch, places, settings)
            yield batch


async def _add_posts(batch: Sequence[Stored], places: PostPlaces, settings: Settings) -> None:
    found = await places.messages(place for verdict, _ in batch if (place := place_of(verdict)) is not None)
    for verdict, known in batch:
        place = place_of(verdict)
        if place is None or (message := found.get(place)) is None:
            continue
        if (read := read_post(message, settings.max_record_bytes)) is not None:
            known.value, post = read
            _learn(known, post, message.key)


def from_lines(lines: Iterable[bytes]) -> Iterator[Stored]:
    """A verdict a line. Fields of its post may stand beside it: text, author, kind, thread, author_since and time."""
    for line in lines:
        if not line.strip():
            continue
        document = verdict_in(line)
        known = Known()
        if "time" in document:
            time = read_time(document["time"])
            known.sent_at = _seconds(time) if isinstance(time, datetime) else None
        if "author" in document:
            known.who = str(document["author"])
        if "text" in document:
            try:
                fields = {name: document[name] for name in Post.model_fields if name in document} | {"id": "line"}
                _learn(known, Post.read(fields), None)
                known.value = orjson.dumps(fields)
            except InvalidRecord:
                pass  # the verdict counts all the same: its post is not known
        yield document, known


def _learn(known: Known, post: Post, key: bytes | None) -> None:
    known.texts = tuple(dict.fromkeys((post.text, *(way.text for way in readings(post.text)))))
    known.kind = post.kind or ""
    known.thread = post.thread or ""
    known.author = post.author or (key or b"").decode("utf-8", "replace")
    known.who = known.author or known.who
    if known.sent_at is not None:
        known.account_age_s = post.account_age_s(known.sent_at)


def _seconds(time: datetime) -> float:
    """Since 1970; a time without a zone is UTC."""
    return (time if time.tzinfo is not None else time.replace(tzinfo=UTC)).timestamp()
