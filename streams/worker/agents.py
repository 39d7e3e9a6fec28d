"""The Faust agents: one per task, each a thin loop from its input topic into the service.

An event is what was fetched of a partition in one go: the way through Faust costs 50 us of processor time, which is
too much for a single record.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import faust
from mode.supervisors import CrashingSupervisor

from streams.errors import TidegateError
from streams.worker.faust_consumer import FetchedMessage
from streams.worker.service import Service


class AgentEndedError(TidegateError):
    """An agent's stream ended by itself, which Faust does silently after some errors. The process has to end."""


def add_agents(app: faust.App, service: Service) -> None:
    """Adds an agent for each input topic.

    Faust decodes nothing, because a decoding error inside of it ends a stream in silence or acks the record.
    `noack` because offsets are released by the ledger, after the broker has the output. A failing body crashes the
    process rather than restart the agent past the record that failed.
    """
    for topic in service.topics:
        channel = app.topic(topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
        agent = app.agent(channel, name=f"take_in.{topic}", concurrency=1, supervisor_strategy=CrashingSupervisor)
        agent(_take_in(app, service, topic))


def _take_in(app: faust.App, service: Service, topic: str) -> Callable[[faust.StreamT[Any]], Awaitable[None]]:
    async def take_in(stream: faust.StreamT[Any]) -> None:
        assert isinstance(stream, faust.Stream)
        async for event in stream.noack().events():
            assert isinstance(event.message, FetchedMessage)
            await service.take_in(event.message.tp, event.message.records)
        if not app.should_stop:
            raise AgentEndedError(f"the stream of {topic} ended")

    return take_in
