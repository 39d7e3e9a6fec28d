"""To the topics, where brokers are configured. Who does it is handed in: nothing here knows a Kafka client."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import Any, Protocol

from schemas.wire import Header
from streams.errors import ClientError, InvalidRecordError
from streams.gateway.refusals import Refusal
from streams.record import Outgoing

logger = logging.getLogger(__name__)


class Sent(Protocol):
    """Where the broker put a record."""

    @property
    def topic(self) -> str: ...

    @property
    def partition(self) -> int: ...

    @property
    def offset(self) -> int: ...


class Sender(Protocol):
    """What is asked of a `streams.client.Client`."""

    async def send_post(self, post: Mapping[str, Any], headers: tuple[Header, ...]) -> Sent: ...

    async def send_message(self, message: Outgoing) -> Sent: ...


def required(sender: Sender | None) -> Sender:
    """Raises Refusal: there is none, since no brokers are configured."""
    if sender is None:
        message = "This server writes to no topic: start it with --brokers, or set TIDEGATE_BROKERS."
        raise Refusal(501, "not_configured", message)
    return sender


async def acknowledged(sending: Coroutine[Any, Any, Sent], deadline: float) -> Sent:
    """Raises Refusal: the record does not fit its schema, or no broker has acknowledged it."""
    try:
        async with asyncio.timeout_at(deadline):
            return await sending
    except InvalidRecordError as error:
        raise Refusal(400, "invalid_record", str(error)) from None
    except TimeoutError:
        message = "The deadline passed before a broker acknowledged the record; it may have been taken."
        raise Refusal(504, "deadline_exceeded", message) from None
    except ClientError as error:
        logger.warning("a record was not taken: %s", error)
        message = "No broker acknowledged the record; it may have been taken."
        raise Refusal(503, "not_acknowledged", message, retry_after_s=1.0) from None
