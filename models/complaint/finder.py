"""Finds findings by their phrases; docs/findings.md says what they miss, and why no learned head does it."""

from __future__ import annotations

from functools import cache
from typing import Final

from models.complaint.catalogue import Catalogue, load_catalogue
from models.complaint.context import Context
from models.complaint.letters import plain_letters
from models.complaint.mention import Assertion, Mention
from models.complaint.phrases import Found, Phrases
from models.complaint.spelling import Spelling
from models.complaint.words import ContextWords
from models.text.plain_words import FREQUENT

_UNLESS: Final = "unless "


class PhraseFinder:
    """Phrases from findings.toml, and how they are meant by the words around them. Pure.

    Raises:
        ValueError: a phrase cannot be read.
    """

    def __init__(self, catalogue: Catalogue, words: ContextWords) -> None:
        said = {key: {"en": one.en, "zh": one.zh} for key, one in catalogue.items()}
        said |= {f"{_UNLESS}{key}": {"en": one.unless.en, "zh": one.unless.zh} for key, one in catalogue.items()}
        self._phrases = Phrases(said)
        self._context = Context(words)
        self._spelling = Spelling([phrase for one in catalogue.values() for phrase in one.en], FREQUENT)
        self._kinds = {key: one.kind for key, one in catalogue.items()}

    @classmethod
    @cache
    def load(cls) -> PhraseFinder:
        """With the files of the package; half a second the first time."""
        return cls(load_catalogue(), ContextWords.load())

    def find(self, text: str) -> list[Mention]:
        """See Finder."""
        plain, places = self._spelling.mend(plain_letters(text))
        found = self._phrases.find(plain.replace("\n", " "))
        meant_otherwise = [one for one in found if one.name.startswith(_UNLESS)]
        findings = [one for one in found if not one.name.startswith(_UNLESS) and not _is_within(one, meant_otherwise)]
        assertions = self._context.assertions(plain, findings)
        return [
            Mention(one.name, self._settled(one.name, assertion), places[one.start], places[one.end - 1] + 1)
            for one, assertion in zip(findings, assertions, strict=True)
        ]

    def _settled(self, key: str, assertion: Assertion) -> Assertion:
        """Who has a history of diabetes has diabetes, and who is afraid of killing himself thinks of it."""
        counts = {"context": Assertion.PAST, "mind": Assertion.HYPOTHETICAL}.get(self._kinds[key])
        return Assertion.PRESENT if assertion is counts else assertion


def _is_within(one: Found, others: list[Found]) -> bool:
    return any(
        other.name == f"{_UNLESS}{one.name}" and other.start <= one.start and one.end <= other.end for other in others
    )
