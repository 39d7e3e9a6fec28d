"""Reviews and the verdicts that they are about, read as they come; their figures, published again and again.

One process reads all partitions of both topics, in no group: a figure is never of a part of them, and two processes
say the same twice. The topics are its memory: after a restart it reads the window again before it says anything.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Final

from schemas import Quality
from schemas.channels import QUALITY_CHANNEL, REVIEWS
from schemas.quality import Figures
from streams.client.between import Following, following
from streams.client.client import Client
from streams.client.messages import Message
from streams.client.posts import verdict_in
from streams.errors import ClientError, missing_topic
from streams.kafka.outage import TRY_AGAIN_S
from streams.kafka.topics import list_topics
from streams.reviews.standing import review_in
from streams.reviews.window import Window
from streams.settings import Settings
from streams.tasks.posts import POSTS

logger = logging.getLogger(__name__)

KINDS: Final = (REVIEWS.kind, "labels", QUALITY_CHANNEL.kind)
"""Of the topics that are read, and of the one that is written."""


class Assessor:
    """Args:
    length_s: of the window, in seconds.
    every_s: from one message to the next.
    begin: called once, when both topics are open.
    show: takes each message once the broker has it.
    """

    def __init__(
        self,
        settings: Settings,
        length_s: float,
        every_s: float,
        begin: Callable[[], None],
        show: Callable[[Quality], None],
    ) -> None:
        self._settings = settings
        self._length_s = length_s
        self._every_s = every_s
        self._begin = begin
        self._show = show
        self._has_begun = False

    async def run(self) -> None:
        """Until it is cancelled.

        Raises:
            ClientError: the broker or a topic cannot be reached at the start; later it is tried again.
        """
        for state in await list_topics(self._settings):
            if state.kind in KINDS and not state.partitions:
                raise missing_topic(state.name)
        while True:
            try:
                await self._follow()
            except ClientError as error:
                if not self._has_begun:
                    raise
                logger.warning("%s It is tried again.", error)
                await asyncio.sleep(TRY_AGAIN_S)

    async def _follow(self) -> None:
        """From the beginning of the window on."""
        window = Window(int(self._length_s * 1000), _milliseconds(datetime.now(UTC)))
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(Client(settings=self._settings))
            topics = [following(self._settings, kind, _moment(window.since)) for kind in KINDS[:2]]
            reviews, verdicts = [await stack.enter_async_context(topic) for topic in topics]
            if not self._has_begun:
                self._has_begun = True
                self._begin()
            while True:
                until = datetime.now(UTC)
                window.move(_milliseconds(until))
                await _read_on(window, reviews, verdicts)
                quality = await asyncio.to_thread(_quality, window, until)
                value = quality.model_dump_json().encode()
                await client.send_message(Message(QUALITY_CHANNEL.kind, quality.task.encode(), value))
                self._show(quality)
                await asyncio.sleep(self._every_s)


async def _read_on(window: Window, reviews: Following, verdicts: Following) -> None:
    """To the ends that both topics have now. Reviews end first, or some would be of verdicts that are not read."""
    ends = await reviews.ends(), await verdicts.ends()
    async for messages in reviews.look(ends[0]):
        for message in messages:
            window.add_review(message.timestamp, review_in(message.value))
    async for messages in verdicts.look(ends[1]):
        for message in messages:
            window.add_verdict(message.timestamp, verdict_in(message.value))


def _quality(window: Window, until: datetime) -> Quality:
    report = window.report().figures()
    figures = {name: report[name] for name in Figures.model_fields}
    others = {name: value for name, value in report.items() if name not in figures}
    return Quality.model_validate(
        {
            "id": secrets.token_hex(16),
            "task": POSTS.name,
            "since": _moment(window.since),
            "until": until,
            "complete": window.is_whole,
            "figures": figures,
            **others,
        }
    )


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
