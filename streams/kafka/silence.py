"""Whether a broker says nothing any more of what is read: aiokafka raises nothing then, it brings nothing, as it does
where a topic is quiet.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from aiokafka import TopicPartition


def answered_at(consumer: Any, partition: TopicPartition) -> float | None:
    """When the broker last answered a question about a partition, by the wall clock, if only that there is nothing new;
    None: it did not yet.
    """
    answered_ms = consumer.last_poll_timestamp(partition)
    return None if answered_ms is None else answered_ms / 1000


def is_silent(consumer: Any, partitions: Iterable[TopicPartition], asked_since: float, longest_s: float) -> bool:
    """Whether one of the partitions got no answer for longer than an answer may take.

    Args:
        asked_since: by the wall clock; the silence of a partition that was never answered begins there.
        longest_s: seconds; a group that joins anew needs more of them than a reader in none.
    """
    now = time.time()
    answers = (answered_at(consumer, partition) for partition in partitions)
    return any(now - (asked_since if answer is None else answer) > longest_s for answer in answers)
