"""What a symptom record says, and the line that the model reads of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from models.complaint import with_numbers
from models.serving.reading import Reading
from models.text import identify_language, normalise
from models.text.rendering import Rendered as Line
from models.text.rendering import SymptomFields, render_symptoms
from schemas import SymptomRecord
from streams.tasks.base import Rendered
from streams.tasks.symptoms.assessment import VITALS, fields_of


class Said(NamedTuple):
    """The complaint and the listed symptoms after cleaning, as the model's line ends with them."""

    text: str
    offsets: Sequence[int]
    """Of each character of the complaint its place in the record's text; listed symptoms have none."""

    def in_lines(self, original: str) -> str:
        """In the lines of the original, whose breaks became spaces: a "no" may answer the line before."""
        if "\n" not in original:
            return self.text
        characters = list(self.text)
        for place in (bisect_right(self.offsets, i) - 1 for i, one in enumerate(original) if one == "\n"):
            if place >= 0 and characters[place] == " ":
                characters[place] = "\n"
        return "".join(characters)

    def place(self, start: int, end: int) -> tuple[int, int] | None:
        """Where a part of it stands in the record's text: code points of the original."""
        if end > len(self.offsets):
            return None
        return self.offsets[start], self.offsets[end - 1] + 1


def rendered(record: SymptomRecord) -> Rendered:
    """What the model reads of a record. Numbers of the text stand in the line like fields; a field counts first."""
    clean = normalise(record.text or "")
    listed = tuple(normalise(symptom).text for symptom in record.symptoms or ())
    line = _line(record, clean.text, listed)
    lang = identify_language(f"{clean.text} {' '.join(listed)}", record.lang)
    return Rendered(lang, (Reading(line.text, clean.offsets, line.complaint_start),))


def said_in(way: Rendered) -> Said:
    return Said(way.text[way.start :], way.offsets)


def _line(record: SymptomRecord, complaint: str, listed: tuple[str, ...]) -> Line:
    numbers, context = fields_of(record), record.context
    fields = SymptomFields(
        complaint=complaint,
        symptoms=listed,
        age=numbers.get("age"),
        sex=record.sex,
        body_part=record.body_part,
        injury=context.injury if context else None,
        arrival=context.arrival if context else None,
        consciousness=context.consciousness if context else None,
        **{name: numbers.get(name) for name in VITALS},
    )
    return render_symptoms(with_numbers(fields))
