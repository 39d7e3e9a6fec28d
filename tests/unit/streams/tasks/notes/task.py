"""Notes: the model's languages, as they are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from models.serving.reading import Reading
from models.text import identify_language, normalise
from streams.record import Outgoing
from streams.tasks.base import Case, Parts, Rendered, Task
from streams.tasks.outputs import outputs, timings_ms, verdict_id, warnings
from tests.unit.streams.tasks.notes import NOTES
from tests.unit.streams.tasks.notes.schema import Note


class NotesTask(Task[Note]):
    """Remembers nothing between records."""

    declaration = NOTES

    def __init__(self, parts: Parts) -> None:
        self.policy_version = parts.policy_version
        self._model_version = parts.artifact.version
        self._labels = parts.artifact.labels("language")
        self._parts = parts

    def succeed(self, parts: Parts) -> NotesTask:
        return NotesTask(parts)

    def decode(self, value: bytes | None, max_bytes: int) -> Note:
        return Note.decode(value, max_bytes)

    def render(self, record: Note) -> Rendered:
        clean = normalise(record.text)
        return Rendered(identify_language(clean.text), (Reading(clean.text, clean.offsets),))

    def decide(self, case: Case[Note]) -> list[Outgoing]:
        scores = case.scores
        model_version = self._model_version if scores is None else scores.model_version
        languages = None if scores is None else dict(zip(self._labels, scores.heads["language"].tolist(), strict=True))
        verdict: dict[str, Any] = {
            "id": verdict_id(NOTES.name, model_version, self.policy_version, case.value),
            "task": NOTES.name,
            "note_id": case.record.id,
            "source": None if case.origin is None else case.origin._asdict(),
            "languages": languages,
            "assessed": scores is not None,
            "read_share": case.read_share,
            "model_version": model_version,
            "policy_version": self.policy_version,
            "degraded": scores is not None and scores.degraded,
            "warnings": warnings(case),
            "timings_ms": timings_ms(case.moments, self._parts.clock()),
        }
        return outputs(case, verdict, ("languages",), (), self._parts.wall_clock())

    def adopt(self) -> None: ...

    def assign(self, partitions: Collection[int], total: int | None = None) -> None: ...

    def revoke(self, partitions: Collection[int]) -> None: ...

    def checkpoint(self) -> None: ...
