"""Body parts that a complaint names."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter

from models.complaint.catalogue import Said
from models.complaint.letters import plain_letters
from models.complaint.phrases import Phrases
from models.folders import BODY_PARTS


class BodyParts:
    """Finds body parts by their names. Pure."""

    def __init__(self, said: Mapping[str, Said]) -> None:
        self._phrases = Phrases({name: {"en": one.en, "zh": one.zh} for name, one in said.items()})

    @classmethod
    def load(cls, path: Path = BODY_PARTS) -> BodyParts:
        """Raises ValueError if the file is wrong."""
        return cls(TypeAdapter(dict[str, Said]).validate_python(tomllib.loads(path.read_text("utf-8"))))

    def find(self, text: str) -> list[str]:
        """Each part once, in the order of the text."""
        return list(dict.fromkeys(found.name for found in self._phrases.find(plain_letters(text))))
