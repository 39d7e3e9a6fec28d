"""What a step against disguises does to a text: it puts something else, or nothing, in place of characters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from models.text.plain_words import HIDDEN

Changes = dict[int, str]
"""Index of a character to what stands there instead: mostly a character or nothing."""

Step = Callable[[str], Changes]


def changed(text: str, offsets: Sequence[int], changes: Changes) -> tuple[str, Sequence[int]]:
    """The text with its changes made, each character with the offset of the one that it stands for."""
    pieces = list(text)
    for i, piece in changes.items():
        pieces[i] = piece
    moved = [offset for offset, piece in zip(offsets, pieces, strict=True) for _ in piece]
    return "".join(pieces), moved


def proves(words: Iterable[str]) -> bool:
    """Whether words that came out show that their text is disguised: one that is hidden, or two different ones.

    A text that is shown to be disguised is read so throughout, where a single odd word is left as it stands.
    """
    found = set(words)
    return len(found) > 1 or not HIDDEN.isdisjoint(found)
