"""Text in pictures, as the text model reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.serving.reading import Reading
from models.text import normalise
from streams.pictures.seen import Seen


@dataclass(slots=True, eq=False)
class WordsInPicture(Reading):
    """A block of text in a picture. Its offsets lead nowhere in the record's text."""

    picture: int = 0
    """Number of the picture in the record."""
    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    """Left, top, right and bottom as shares of the picture."""


def words_in_pictures(seen: Sequence[Seen]) -> list[WordsInPicture]:
    """A reading for each block of text, so that a caption is not thinned by a shop sign behind it."""
    found = []
    for one in seen:
        for words in () if one.look is None else one.look.words:
            clean, box = normalise(words.text), words.box
            if clean.text:
                place = (box.left, box.top, box.right, box.bottom)
                found.append(WordsInPicture(clean.text, clean.offsets, picture=one.number, box=place))
    return found
