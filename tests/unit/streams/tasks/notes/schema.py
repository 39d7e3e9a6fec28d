"""What travels: a note, and the verdict on it."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field

from schemas.base import Record
from schemas.examples import POST_VERDICT
from schemas.text import Identifier, Reference, Text
from schemas.verdicts import Probability, Verdict


class Note(Record):
    """A line that somebody left."""

    id: Identifier
    text: Text
    writer: Reference | None = None

    @property
    def said(self) -> str:
        return self.text


class NoteVerdict(Verdict):
    """The language of a note."""

    task: Literal["notes"]
    note_id: str
    languages: dict[str, Probability] | None = Field(description="Null where `assessed` is false.")


NOTE: Final[dict[str, Any]] = {"id": "n-7", "text": "Back at five.", "writer": "w-3"}
_OF_ALL: Final = (
    "schema_version",
    "id",
    "source",
    "model_version",
    "policy_version",
    "degraded",
    "assessed",
    "read_share",
    "warnings",
    "timings_ms",
)
NOTE_VERDICT: Final[dict[str, Any]] = {
    **{name: POST_VERDICT[name] for name in _OF_ALL},
    "task": "notes",
    "note_id": "n-7",
    "languages": {"en": 0.9, "zh": 0.1},
}
