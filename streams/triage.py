"""A safety net under the triage model: phrases and vital signs that nobody may wait with.

Rules only ever raise urgency. What they find is also the evidence of a verdict, because it is cheap and can
be checked by eye; it is not an attribution of the model's scores.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

PACKAGED: Final = Path(__file__).with_name("triage.toml")

_NEGATED_EN = re.compile(
    r"\b(?:no|not|denie[sd]|denying|without|never|nor)"
    r"(?: (?:any|have|having|had|been|feel|feeling|really|signs? of|history of))*[ -]*$"
)
_NEGATED_ZH = re.compile(r"(?:没有|没|(?<!有)无|否认|不伴|未见|未出现|不是|不)(?:过|任何|明显|出现|伴|有|再)*$")
_NEGATION_REACH: Final = 24  # characters before a phrase that are looked at


class Found(NamedTuple):
    """A finding and where it stands in the text."""

    name: str
    start: int
    end: int


class RedFlag(NamedTuple):
    name: str
    level: int
    """The urgency it raises to."""
    findings: frozenset[str] = frozenset()
    """All of them must be there."""


@dataclass(frozen=True, slots=True)
class Triage:
    """The lists of triage.toml, compiled. Pure; patterns hold no nested repetition, so matching is linear."""

    red_flags: tuple[RedFlag, ...]
    findings_en: re.Pattern[str]
    findings_zh: re.Pattern[str]
    parts_en: re.Pattern[str]
    parts_zh: re.Pattern[str]

    @classmethod
    def load(cls, path: Path = PACKAGED) -> Triage:
        content = tomllib.loads(path.read_text("utf-8"))
        flags = tuple(
            RedFlag(name, flag["level"], frozenset(flag["all"])) for name, flag in content["red_flags"].items()
        )
        unknown = frozenset[str]().union(*(flag.findings for flag in flags)) - content["findings"].keys()
        if unknown:
            raise ValueError(f"red flags need unknown findings: {', '.join(sorted(unknown))}")
        return cls(
            flags,
            _compile(content["findings"], "en"),
            _compile(content["findings"], "zh"),
            _compile(content["body_parts"], "en"),
            _compile(content["body_parts"], "zh"),
        )

    def find(self, text: str) -> list[Found]:
        """Findings in the order of the text, less those that follow a negation."""
        plain = _lower(text)
        found = [
            Found(match.lastgroup or "", *match.span())
            for match in self.findings_en.finditer(plain)
            if not _NEGATED_EN.search(plain, max(0, match.start() - _NEGATION_REACH), match.start())
        ]
        if not text.isascii():
            found += [
                Found(match.lastgroup or "", *match.span())
                for match in self.findings_zh.finditer(text)
                if not _NEGATED_ZH.search(text, max(0, match.start() - _NEGATION_REACH), match.start())
            ]
        return found

    def flags(self, findings: Iterable[str]) -> list[RedFlag]:
        """The red flags that the findings raise, most urgent first."""
        present = frozenset(findings)
        return sorted((flag for flag in self.red_flags if flag.findings <= present), key=lambda flag: flag.level)

    def body_parts(self, text: str) -> list[str]:
        """Body parts named in the text, each once, in the order of the text."""
        matches = list(self.parts_en.finditer(_lower(text)))
        if not text.isascii():
            matches += self.parts_zh.finditer(text)
        return list(dict.fromkeys(match.lastgroup or "" for match in matches))


def _lower(text: str) -> str:
    """Lower case without moving anything: a few letters grow when they are lowered."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _compile(lists: Mapping[str, Mapping[str, Any]], lang: str) -> re.Pattern[str]:
    # Within one pattern the earlier alternative wins, so more telling findings stand first in the file.
    groups = [f"(?P<{name}>{'|'.join(phrases[lang])})" for name, phrases in lists.items()]
    body = "|".join(groups)
    return re.compile(rf"(?<![a-z0-9])(?:{body})(?![a-z0-9])" if lang == "en" else body)
