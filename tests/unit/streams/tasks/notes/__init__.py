"""A third task, for tests: in which language a short note is. All that it is lies in this package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from models.serving.question import Joined, Question
from schemas.channels import Channel
from streams.tasks.declaration import Declaration
from tests.unit.streams.tasks.notes.schema import NOTE, NOTE_VERDICT, Note, NoteVerdict

if TYPE_CHECKING:
    from streams.tasks.base import Parts, Task


def _build(parts: Parts) -> Task[Any]:
    from tests.unit.streams.tasks.notes.task import NotesTask

    return NotesTask(parts)


NOTES: Final = Declaration(
    input=Channel("notes", Note, "receive", "Who wrote it.", "Short notes.", NOTE),
    key_field="writer",
    outputs=(Channel("languages", NoteVerdict, "send", "The note's key.", "A verdict for every note.", NOTE_VERDICT),),
    question=Question({"language": Joined.MEAN}),
    build=_build,
)
