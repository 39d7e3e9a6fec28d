"""Cheap spelling changes that keep the meaning, applied while training: case, leetspeak, spacing, homophones."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from models.text import content_hash
from models.training.examples import Example

_LEET = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0", "s": "$", "t": "7"})

Deform = Callable[[str, random.Random], str]


class Augmenter:
    """Deforms a share of the post texts; what comes out is dropped where its hash is blocked."""

    def __init__(self, share: float, blocked: frozenset[str], homophones: dict[str, str]) -> None:
        self.share = share
        self.blocked = blocked
        self.homophones = homophones

    def __call__(self, example: Example, random: random.Random) -> Example:
        """The example itself, or a copy with deformed text. Rows with span targets keep their text."""
        if example.task != "post" or random.random() >= self.share:
            return example
        deform = self._swap_homophones if example.lang == "zh" else random.choice(ENGLISH)
        text = deform(example.text, random)
        return example if content_hash(text) in self.blocked else replace(example, text=text)

    def _swap_homophones(self, text: str, random: random.Random) -> str:
        return "".join([
            random.choice(same) if (same := self.homophones.get(c)) and random.random() < 0.12 else c for c in text
        ])  # fmt: skip


def change_case(text: str, random: random.Random) -> str:
    """All upper case, all lower case, or letters at random."""
    style = random.randrange(3)
    if style == 2:
        return "".join([c.upper() if random.random() < 0.5 else c.lower() for c in text])
    return text.upper() if style else text.lower()


def write_leet(text: str, random: random.Random) -> str:
    """Some words with digits and signs for letters."""
    return _some_words(text, random, lambda word: word.translate(_LEET))


def space_out(text: str, random: random.Random) -> str:
    """Some words with a separator between the letters."""
    separator = random.choice((" ", ".", "-", "*"))
    return _some_words(text, random, separator.join)


def repeat_letters(text: str, random: random.Random) -> str:
    """Some words with one letter drawn out."""

    def stretch(word: str) -> str:
        at = random.randrange(len(word))
        return word[:at] + word[at] * random.randint(2, 4) + word[at + 1 :]

    return _some_words(text, random, stretch)


def _some_words(text: str, random: random.Random, change: Callable[[str], str]) -> str:
    return " ".join([
        change(w) if w and random.random() < 0.3 and not w.startswith("[") else w for w in text.split(" ")
    ])  # fmt: skip


ENGLISH: tuple[Deform, ...] = (change_case, write_leet, space_out, repeat_letters)


def read_homophones(data: Path) -> dict[str, str]:
    """Character to its homophones, from the data's lexicon; empty where the lexicon is absent."""
    path = data / "lexicons" / "zh_homophones.tsv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["char"]: row["homophones"].replace(" ", "") for row in rows if row["homophones"]}
