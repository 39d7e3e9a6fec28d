"""Back from a cleaned text to the one that was sent."""

from __future__ import annotations

from models.text.cleaning import NormalisedText


def original_span(clean: NormalisedText, start: int, end: int) -> tuple[int, int]:
    """The interval of the original text behind the non-empty interval `[start, end)`."""
    return clean.offsets[start], clean.offsets[end - 1] + 1
