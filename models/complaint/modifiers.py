"""Words that only say how: between a denial and what it denies they change nothing."""

from __future__ import annotations

import re

from models.complaint.words import Table


class Modifiers:
    """Args:
    words: whole words of English, in which a `*` is any ending, and patterns of Chinese.
    """

    def __init__(self, words: Table) -> None:
        english = "|".join(word.replace("*", "[a-z]*") for word in words.en)
        self._pattern = re.compile(rf"(?:[\s-]|(?<![a-z])(?:{english})(?![a-z])|{'|'.join(words.zh)})*")

    def are_all(self, passage: str) -> bool:
        """Whether a passage holds nothing else."""
        return self._pattern.fullmatch(passage) is not None
