"""Channels: what travels on a topic, and the topics that all tasks share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pydantic import BaseModel

from schemas.alert import Alert
from schemas.comparison import Comparison
from schemas.control import Control
from schemas.dead_letter import DeadLetter
from schemas.event import Event
from schemas.examples import ALERT, COMPARISON, CONTROL, DEAD_LETTER_HEADERS, EVENT, QUALITY, REVIEW
from schemas.quality import Quality
from schemas.review import Review

MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024
"""A dead letter holds the original record and our headers; the input topics take 1 MiB at most by Kafka's default."""
REVIEWS_KEPT_MS: Final = 365 * 86_400_000
"""What people decided is dear: Kafka's own week would be over before there is enough of it to learn from."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A topic, without the prefix of its name."""

    kind: str
    message: type[BaseModel]
    action: Literal["receive", "send"] | None
    """What the service does there; None: nothing yet, or it is the service's own memory."""
    key: str
    """What the key of a message is, in words."""
    about: str
    example: Mapping[str, Any]
    """Fields of a message; of a dead letter its headers."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the topic that are not the broker's own."""
    partitions: int | None = None
    """None: as many as the operator says."""


ALERTS: Final = Channel("alerts", Alert, "send", "The subject of the alert.", "What people should look at.", ALERT)
DEAD_LETTERS: Final = Channel(
    "dead-letters",
    DeadLetter,
    "send",
    "The original's key, untouched.",
    "Records that got no verdict, byte for byte, with the reason in headers.",
    DEAD_LETTER_HEADERS,
    {"max.message.bytes": MAX_MESSAGE_BYTES},
)
REVIEWS: Final = Channel(
    "reviews",
    Review,
    None,
    "The post's identifier.",
    "What people decided. `tidegate reviews` and `tidegate train --from-reviews` read it.",
    REVIEW,
    {"retention.ms": REVIEWS_KEPT_MS},
)
CONTROL_CHANNEL: Final = Channel(
    "control",
    Control,
    "receive",
    "Kind and name of the entry.",
    "Which model, policy and tasks are active. Workers read it where the setting `control` is on.",
    CONTROL,
    {"cleanup.policy": ["compact"]},
    partitions=1,
)
EVENTS: Final = Channel(
    "events",
    Event,
    "send",
    "The event's id; of a report of what runs, the worker.",
    "What became of changes, who asked for them, and what each worker runs.",
    EVENT,
    {"cleanup.policy": ["compact"]},
    partitions=1,
)
COMPARISONS: Final = Channel(
    "comparisons",
    Comparison,
    "send",
    "None.",
    "What a model on trial would have decided of records, beside what was decided.",
    COMPARISON,
)
QUALITY_CHANNEL: Final = Channel(
    "quality",
    Quality,
    "send",
    "The task.",
    "Precision, recall and agreement by people's reviews, over a sliding window. `tidegate reviews follow` writes it.",
    QUALITY,
    partitions=1,
)
SHARED: Final = (ALERTS, DEAD_LETTERS, EVENTS, COMPARISONS, QUALITY_CHANNEL, REVIEWS, CONTROL_CHANNEL)
CONTROLLED: Final = frozenset({"control", "events", "comparisons"})
"""Kinds of topics that a worker needs only where the setting `control` is on."""
BESIDE_WORKERS: Final = frozenset({"quality"})
"""Kinds of topics that no worker writes: `tidegate reviews follow` does."""
