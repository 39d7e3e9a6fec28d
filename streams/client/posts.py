"""Posts by the places that verdicts name, in whichever of the input topics those are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import orjson

from schemas import InvalidRecord, Post, unpack
from streams.client.between import Places, open_places
from streams.history import Place
from streams.kafka.topics import topic_name
from streams.settings import Settings
from streams.tasks.posts import POSTS

KINDS = (POSTS.input.kind, POSTS.backfill.kind)


def verdict_in(value: bytes | None) -> Mapping[str, Any]:
    """As JSON holds it; empty for what is none."""
    try:
        document = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def place_of(verdict: Mapping[str, Any]) -> Place | None:
    """Where the record of a verdict stood; None where it does not say."""
    match verdict.get("source"):
        case {"topic": str(topic), "partition": int(partition), "offset": int(offset)}:
            return topic, partition, offset
    return None


class PostPlaces:
    """Use `open_posts`. A topic is opened when the first verdict names it."""

    def __init__(self, settings: Settings, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._stack = stack
        self._kinds = {topic_name(settings.topic_prefix, kind): kind for kind in KINDS}
        self._open: dict[str, Places] = {}

    async def messages(self, places: Iterable[Place]) -> dict[Place, Any]:
        """Those that their topics still hold; of topics that are not the posts' there are none.

        Raises:
            ClientError: the broker or a topic cannot be reached.
        """
        wanted: dict[str, set[tuple[int, int]]] = {}
        for topic, partition, offset in places:
            if topic in self._kinds:
                wanted.setdefault(topic, set()).add((partition, offset))
        found: dict[Place, Any] = {}
        for topic, its in wanted.items():
            if topic not in self._open:
                opening = open_places(self._settings, self._kinds[topic])
                self._open[topic] = await self._stack.enter_async_context(opening)
            messages = await self._open[topic].values(its)
            found |= {(topic, partition, offset): one for (partition, offset), one in messages.items()}
        return found


@asynccontextmanager
async def open_posts(settings: Settings) -> AsyncIterator[PostPlaces]:
    async with AsyncExitStack() as stack:
        yield PostPlaces(settings, stack)


def read_post(message: Any, max_bytes: int) -> tuple[bytes, Post] | None:
    """The value, unpacked, and what it says; None for what is no post."""
    try:
        value = unpack(message.value, message.headers, max_bytes)
        post = Post.decode(value, max_bytes)
    except InvalidRecord:
        return None
    return value or b"", post
