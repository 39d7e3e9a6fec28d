"""Tables behind the deformations: who stands for whom in leet, in other scripts, and among Chinese characters."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from models.text.plain_words import HAN_HIDDEN, HIDDEN

_LEET = {"a": "4@", "b": "8", "e": "3", "g": "96", "i": "1!", "l": "1|", "o": "0", "s": "$5", "t": "7+", "z": "2"}
_HOMOGLYPHS = {"a": "\u0430", "c": "\u0441", "e": "\u0435", "i": "\u0456", "o": "\u043e", "p": "\u0440", "x": "\u0445"}
_LEET_SIGNS = frozenset("@$!|+0123456789")
_PALOCHKA = "\u04cf"  # the tables pair it with i, readers take it for l
_LEFT_PARTS = frozenset("亻女口扌氵木土石火日月目虫讠钅饣纟犭王礻衤禾米马鱼车歹贝弓彳巾足")
_STACKED = frozenset("只员呈吴号另兄古杏早旱星昌是香李杰查季秃秀委足贡杲杳果呆困因品吕哭骂罗旦旧旨吉吞否告含舌")
_COMMON_FIRST_BYTES = range(0xB0, 0xD8)
_HOMOPHONES_KEPT = 8

Table = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lexicons:
    """A table maps one character to its substitutes, each of them one character, except `decompositions`: two."""

    leet: Table = field(default_factory=lambda: MappingProxyType(_LEET))
    homoglyphs: Table = field(default_factory=lambda: MappingProxyType(_HOMOGLYPHS))
    homophones: Table = field(default_factory=dict)
    lookalikes: Table = field(default_factory=dict)
    decompositions: Table = field(default_factory=dict)
    english_targets: frozenset[str] = HIDDEN
    chinese_targets: frozenset[str] = HAN_HIDDEN

    @classmethod
    def load(cls, data: Path) -> Lexicons:
        """Tables from `data/lexicons`; where a file is missing, the small built-in table or an empty one."""
        folder = data / "lexicons"
        return cls(
            leet=_leet(folder / "leet_map.tsv") or _LEET,
            homoglyphs=_homoglyphs(folder / "unicode_confusables.tsv") or _HOMOGLYPHS,
            homophones={
                c: _nearest(c, same) for c, same in _common(folder / "zh_homophones.tsv", "homophones").items()
            },
            lookalikes=_common(folder / "zh_lookalikes.tsv", "lookalikes"),
            decompositions=dict(_decompositions(folder / "zh_decomposition.tsv")),
            english_targets=HIDDEN | frozenset(w for w in _terms(folder, "en_*.tsv") if w.isascii() and w.isalpha()),
            chinese_targets=HAN_HIDDEN
            | frozenset(w for w in _terms(folder, "zh_*.tsv") if 2 <= len(w) <= 4 and not w.isascii()),
        )


def is_common(character: str) -> bool:
    """Whether it is one of the 3,755 everyday characters of level 1 of GB 2312."""
    return _code(character) is not None


def _code(character: str) -> int | None:
    code = character.encode("gb2312", "ignore")
    return int.from_bytes(code, "big") if len(code) == 2 and code[0] in _COMMON_FIRST_BYTES else None


def _nearest(character: str, same: str) -> str:
    """The closest in level 1 of GB 2312, which is ordered by pinyin: the source's lists mix n with l, s with sh."""
    code = _code(character)
    if code is None:
        return same
    return "".join(sorted(same, key=lambda other: abs((_code(other) or 0) - code))[:_HOMOPHONES_KEPT])


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def _leet(path: Path) -> Table:
    """Signs that readers take for the letter at once: the simpler modes, without dots, stars and drawn letters."""
    table: dict[str, str] = {}
    for row in _rows(path):
        sign, modes = row["substitute"], row["modes"].split(",")
        simple = "basic_mode" in modes or "intermediate" in modes or sign in "@$!|+"
        if simple and sign in _LEET_SIGNS and (sign != "@" or row["letter"] == "a"):
            table[row["letter"]] = table.get(row["letter"], "") + sign
    return table


def _homoglyphs(path: Path) -> Table:
    """Cyrillic and Greek letters that pass for a Latin one of the same case."""
    table: dict[str, str] = {}
    for row in _rows(path):
        other, letter = row["char"], row["prototype"]
        if len(letter) != 1 or not letter.isascii() or not letter.isalpha():
            continue
        script, _, _ = unicodedata.name(other, "").partition(" ")
        same_case = unicodedata.category(other) == ("Ll" if letter.islower() else "Lu")
        if script in ("CYRILLIC", "GREEK") and other < "\u0530" and other != _PALOCHKA and same_case:
            table[letter] = table.get(letter, "") + other
    return table


def _common(path: Path, column: str) -> dict[str, str]:
    """Character to its everyday substitutes; the lists of all sources are joined."""
    table: dict[str, str] = {}
    for row in _rows(path):
        known = table.get(row["char"], "")
        table[row["char"]] = known + "".join(c for c in row[column] if c not in known and is_common(c))
    return {character: others for character, others in table.items() if others}


def _decompositions(path: Path) -> Iterator[tuple[str, str]]:
    """Everyday characters that fall into a left and a right part, both of them readable alone."""
    for row in _rows(path):
        character = row["char"]
        if not is_common(character) or character in _STACKED:
            continue
        for variant in row["decompositions"].split("|"):
            parts = variant.split()
            if len(parts) == 2 and parts[0] in _LEFT_PARTS and is_common(parts[1]):
                yield character, "".join(parts)
                break


def _terms(folder: Path, pattern: str) -> Iterator[str]:
    for path in sorted(folder.glob(pattern)):
        yield from (row["term"].strip().lower() for row in _rows(path) if "term" in row)
