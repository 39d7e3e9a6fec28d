"""What went in and what came back, record by record: whether every one was answered exactly once."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Place = tuple[str, int, int]  # topic, partition, offset of an input record

Key = TypeVar("Key", bound=Hashable)
Sent = TypeVar("Sent")
Answer = TypeVar("Answer")


@dataclass(slots=True)
class History(Generic[Key, Sent, Answer]):
    """Pure. An answer may be entered before its record: it may come before the receipt does."""

    sent: dict[Key, Sent] = field(default_factory=dict)
    answers: dict[Key, list[Answer]] = field(default_factory=dict)

    def add_answer(self, key: Key, answer: Answer) -> None:
        self.answers.setdefault(key, []).append(answer)

    @property
    def lost(self) -> list[Key]:
        """Records without an answer."""
        return [key for key in self.sent if key not in self.answers]

    @property
    def repeated(self) -> dict[Key, list[Answer]]:
        """Records with more than one answer."""
        return {key: found for key, found in self.answers.items() if len(found) > 1 and key in self.sent}

    @property
    def invented(self) -> list[Key]:
        """Answers to records that nobody sent."""
        return [key for key in self.answers if key not in self.sent]

    @property
    def is_exact(self) -> bool:
        """Every record came back exactly once, and nothing else did."""
        return not (self.lost or self.repeated or self.invented)
