"""What the gateway sends to Kafka. Imported only where brokers are configured: it loads the Kafka client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from schemas.wire import Header
from streams.client import Client, Message, Receipt
from streams.client.messages import post_message
from streams.record import Outgoing
from streams.settings import Settings


class KafkaSender:
    """Holds a client open. Raises what the client raises."""

    def __init__(self, settings: Settings) -> None:
        self._client = Client(settings=settings)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def send_post(self, post: Mapping[str, Any], headers: tuple[Header, ...]) -> Receipt:
        return await self._client.send_message(replace(post_message(post), headers=headers))

    async def send_message(self, message: Outgoing) -> Receipt:
        return await self._client.send_message(Message(message.kind, message.key, message.value, message.headers))
