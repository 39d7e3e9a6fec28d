"""Where a consumer stands in each partition: what it would read next, and where the log ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from aiokafka import TopicPartition


class Places(NamedTuple):
    """Where reading would go on, as long as the assignment is this one."""

    assignment: Any
    offsets: Mapping[TopicPartition, int]

    def ends(self) -> dict[TopicPartition, int | None]:
        """Of what may be read: records of open transactions lie behind it. None: the broker has not told it yet."""
        return {partition: _end(self.assignment.state_value(partition)) for partition in self.offsets}


def places(consumer: Any) -> Places:
    """Where a started consumer would go on reading now."""
    subscription = consumer._subscription.subscription
    assignment = subscription.assignment if subscription is not None else None
    states = {partition: assignment.state_value(partition) for partition in assignment.tps} if assignment else {}
    valid = {partition: state.position for partition, state in states.items() if state.has_valid_position}
    return Places(assignment, valid)


def _end(state: Any) -> int | None:
    end = state.lso if state.lso is not None and state.lso >= 0 else state.highwater
    return None if end is None else int(end)
