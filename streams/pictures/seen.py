"""What is known of a record's pictures when it is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from models.pictures.errors import NotLooked
    from models.pictures.look import Look
    from streams.pictures.known import Match

NOT_SET_UP: Final = "images: not looked at, because this service is not set up for pictures"


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture of a record: what was seen in it, or why it was not looked at."""

    number: int
    sha256: str | None = None
    look: Look | None = None
    known: Match | None = None
    refused: NotLooked | None = None
    list_version: str = ""

    @property
    def content(self) -> bytes:
        """What of it decides, beside the model and the policy: equal pictures have equal ones."""
        words = "" if self.look is None else str(self.look.words_read)
        models = "".join(f"\0{one.model} {one.version}" for one in self.look.classes) if self.look else ""
        return f"{self.sha256}\0{self.refused}\0{self.list_version}\0{words}{models}".encode()

    @property
    def warnings(self) -> list[str]:
        """A sentence for each thing that was not looked at, or that makes it hard to judge."""
        where = f"images.{self.number}"
        if self.refused is not None:
            return [f"{where}: not looked at ({self.refused.value.replace('_', ' ')})"]
        assert self.look is not None
        told = [f"{where}: {fault.replace('_', ' ')}; take another picture" for fault in self.look.faults]
        if self.look.frames_seen < self.look.frame_count:
            told.append(f"{where}: {self.look.frames_seen} of {self.look.frame_count} frames were looked at")
        return told

    def as_dict(self) -> dict[str, Any]:
        """As a verdict shows it."""
        look = self.look
        return {
            "number": self.number,
            "looked_at": look is not None,
            "media_type": look and look.media_type,
            "width": look and look.width,
            "height": look and look.height,
            "frames": look and look.frame_count,
            "frames_seen": 0 if look is None else look.frames_seen,
            "words_read": look is not None and look.words_read,
            "known": self.known and {"label": self.known.entry.label, "distance": self.known.distance},
            "classes": [
                {"model": one.model, "version": one.version, "label": label, "probability": probability}
                for one in (() if look is None else look.classes)
                for label, probability in one.probabilities.items()
            ],
        }


def warnings_of(seen: Sequence[Seen] | None, has_pictures: bool) -> list[str]:
    if seen is None:
        return [NOT_SET_UP] if has_pictures else []
    return [warning for one in seen for warning in one.warnings]
