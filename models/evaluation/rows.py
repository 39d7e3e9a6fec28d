"""A row to evaluate: what was written, and what is known to be true of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.errors import TidegateError
from models.serving.reading import Reading
from models.text import identify_language, normalise, readings
from models.text.rendering import SymptomFields, render_symptoms

Intervals = tuple[tuple[int, int], ...]


class EvaluationError(TidegateError):
    """The data cannot be evaluated with this model. The message is one sentence and never holds a text."""

    exit_code = 2


@dataclass(slots=True, frozen=True)
class Row:
    """One post or symptom record. What is not in `labels` or `classes` is unlabelled, never 0."""

    text: str
    task: str = "posts"
    lang: str = ""
    """Figures are grouped by this one, the table's own."""
    source: str = ""
    slice: str = ""
    fields: SymptomFields | None = None
    """None for a symptom record whose text is already rendered, as golden cases are."""
    labels: Mapping[str, int] = field(default_factory=dict)
    """{post label: 0 or 1}"""
    classes: Mapping[str, int] = field(default_factory=dict)
    """{sentiment, condition or urgency: position in the head's labels}"""
    spans: Intervals | None = None
    """Character intervals into `text`."""
    domain: str = ""
    """Of ordinary text: what kind of text it is."""
    category: str = ""
    """What a table without labels of this model says of the row."""
    id: str = ""

    def read(self) -> tuple[str, list[Reading]]:
        """The language that the service would detect, and the text in each way in which it would be read."""
        if self.task == "symptoms" and self.fields is None:
            return identify_language(self.text, self.lang), [Reading(self.text, range(len(self.text)))]
        if self.fields is not None:
            clean = normalise(self.text)
            line = render_symptoms(self.fields)
            return identify_language(clean.text, self.lang), [Reading(line.text, clean.offsets, line.complaint_start)]
        ways = [Reading(way.text, way.offsets) for way in readings(self.text)]
        return identify_language(ways[0].text, self.lang), ways
