"""Dead letters: the original record, with the reason in headers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import Field, ValidationError

from schemas.base import Output, sentence
from schemas.reasons import Reason
from schemas.wire import Header


class DeadLetter(Output):
    """Why a record became a dead letter. Key, value and headers of the message are the original's, untouched."""

    reason: Reason
    detail: str = Field(description="One sentence; never quotes the record.")
    stage: Literal["decode", "look", "encode", "score", "decide"]
    original_topic: str
    original_partition: int
    original_offset: int
    attempts: int = Field(ge=1, description="Over replays.")
    failed_at: datetime

    def to_headers(self) -> list[Header]:
        """The headers that are appended to the original's."""
        failed_at = self.failed_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        said = {
            "reason": self.reason.value,
            "detail": self.detail,
            "stage": self.stage,
            "original-topic": self.original_topic,
            "original-partition": str(self.original_partition),
            "original-offset": str(self.original_offset),
            "attempts": str(self.attempts),
            "failed-at": failed_at,
        }
        return [(name, text.encode()) for name, text in said.items()]

    @classmethod
    def from_headers(cls, headers: Iterable[Header]) -> Self:
        """Reads the last of each, because the original may have had headers of the same names.

        Raises:
            ValueError: the message is no dead letter; the sentence never quotes it.
        """
        said = {name.replace("-", "_"): (value or b"").decode() for name, value in headers if name in HEADER_NAMES}
        try:
            return cls.model_validate(said)
        except ValidationError as error:
            raise ValueError(sentence(error)) from None

    @staticmethod
    def split_headers(headers: Iterable[Header]) -> tuple[int, list[Header]]:
        """Attempts so far and the original's own headers.

        A replayed letter carries REPLAYED and nothing else of ours. Its own headers are left alone even where
        one has a name of ours: only a trailing, complete set is taken off.
        """
        kept = list(headers)
        attempts = 0
        names = tuple(name for name, _ in kept[-len(HEADER_NAMES) :])
        if names == HEADER_NAMES:
            attempts = _count(kept[-2][1])
            del kept[-len(HEADER_NAMES) :]
        elif kept and kept[-1][0] == REPLAYED:
            attempts = _count(kept.pop()[1])
        return attempts, kept


REPLAYED = "tidegate-attempts"
"""Header of a replayed letter: how often it failed so far. A plain `attempts` may well be the producer's own."""

HEADER_NAMES = (
    "reason", "detail", "stage", "original-topic", "original-partition", "original-offset", "attempts", "failed-at",
)  # fmt: skip


def _count(value: bytes | None) -> int:
    text = (value or b"").decode("ascii", "replace")
    return int(text) if text.isdigit() and len(text) < 7 else 0
