"""A row to evaluate: what was written, and what is known to be true of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from models.rendering import SymptomFields, render_symptoms
from models.text import NormalisedText, detect_language, normalise

Intervals = tuple[tuple[int, int], ...]


class EvaluationError(Exception):
    """The data cannot be evaluated with this model. The message is one sentence and never holds a text."""


@dataclass(slots=True, frozen=True)
class Reading:
    """What the encoder gets. `offsets` maps `text` back to the characters as they were written."""

    text: str
    offsets: Sequence[int]
    lang: str
    """As the service detects it, with the row's language as the hint: thresholds go by this one."""


@dataclass(slots=True, frozen=True)
class Row:
    """One post or symptom record. What is not in `labels` or `classes` is unlabelled, never 0."""

    text: str
    task: Literal["posts", "symptoms"] = "posts"
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

    def read(self) -> Reading:
        """The text as the service would send it to the encoder."""
        if self.task == "symptoms" and self.fields is None:
            return Reading(self.text, range(len(self.text)), detect_language(self.text, self.lang))
        clean: NormalisedText = normalise(self.text)
        lang = detect_language(clean.text, self.lang)
        text = clean.text if self.fields is None else render_symptoms(self.fields).text
        return Reading(text, clean.offsets, lang)
