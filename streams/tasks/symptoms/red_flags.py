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

from streams.tasks.symptoms.assertions import Assertions, Found, words

PACKAGED: Final = Path(__file__).with_name("red_flags.toml")

# One character for one: apostrophes and dashes as people type them.
_PLAIN: Final = str.maketrans(dict.fromkeys("’‘ʼ＇`´′‛ꞌ", "'") | dict.fromkeys("‐‑‒–—−－﹣", "-"))


class RedFlag(NamedTuple):
    name: str
    level: int
    """The urgency it raises to."""
    findings: frozenset[str] = frozenset()
    """All of them must be there."""


class _Names(NamedTuple):
    """What is looked for by name. One pattern for each, so that none hides another."""

    each: Mapping[str, re.Pattern[str]]
    starts: re.Pattern[str]
    """Matches, without a length, wherever one of them begins: one scan instead of one for each."""

    @classmethod
    def compile(cls, phrases: Mapping[str, Iterable[str]], lang: str) -> _Names:
        each = {name: words(alternatives, lang) for name, alternatives in phrases.items()}
        starts = f"(?={words([one for alternatives in phrases.values() for one in alternatives], lang)})"
        return cls({name: re.compile(pattern) for name, pattern in each.items()}, re.compile(starts))

    def find(self, plain: str) -> list[Found]:
        found: list[Found] = []
        ends: dict[str, int] = {}
        for place in self.starts.finditer(plain):
            start = place.start()
            for name, pattern in self.each.items():
                if start >= ends.get(name, 0) and (match := pattern.match(plain, start)):
                    found.append(Found(name, *match.span()))
                    ends[name] = match.end()
        return found


@dataclass(frozen=True, slots=True)
class _Lists:
    """The phrases of one language."""

    findings: _Names
    other_meanings: re.Pattern[str]
    assertions: Assertions
    body_parts: _Names


@dataclass(frozen=True, slots=True)
class Triage:
    """The lists of red_flags.toml, compiled. Pure; repetitions are bounded or possessive, so matching is linear."""

    red_flags: tuple[RedFlag, ...]
    en: _Lists
    zh: _Lists

    @classmethod
    def load(cls, path: Path = PACKAGED) -> Triage:
        content = tomllib.loads(path.read_text("utf-8"))
        flags = tuple(
            RedFlag(name, flag["level"], frozenset(flag["all"])) for name, flag in content["red_flags"].items()
        )
        unknown = frozenset[str]().union(*(flag.findings for flag in flags)) - content["findings"].keys()
        if unknown:
            raise ValueError(f"red flags need unknown findings: {', '.join(sorted(unknown))}")
        return cls(flags, _compile(content, "en"), _compile(content, "zh"))

    def find(self, text: str) -> list[Found]:
        """Findings in the order of the text, less those that it denies or tells of the past or of others.

        A line break counts: no word reaches over it, though a phrase may be broken by it.
        """
        plain = _plain(text)
        languages = (self.en,) if text.isascii() else (self.en, self.zh)
        found = sorted((each for lists in languages for each in _named(lists, plain)), key=lambda each: each.start)
        for lists in languages:
            found = lists.assertions.asserted(plain, found)
        return found

    def flags(self, findings: Iterable[str]) -> list[RedFlag]:
        """The red flags that the findings raise, most urgent first."""
        present = frozenset(findings)
        return sorted((flag for flag in self.red_flags if flag.findings <= present), key=lambda flag: flag.level)

    def body_parts(self, text: str) -> list[str]:
        """Body parts named in the text, each once, in the order of the text."""
        plain = _plain(text)
        parts = self.en.body_parts.find(plain)
        if not text.isascii():
            parts += self.zh.body_parts.find(plain)
        return list(dict.fromkeys(part.name for part in sorted(parts, key=lambda part: part.start)))


def _named(lists: _Lists, plain: str) -> list[Found]:
    """Findings in one language whose words mean what they say."""
    flat = plain.replace("\n", " ")
    others = [match.span() for match in lists.other_meanings.finditer(flat)]
    return [
        found
        for found in lists.findings.find(flat)
        if not any(start <= found.start and found.end <= end for start, end in others)
    ]


def _plain(text: str) -> str:
    """Lower case, plain apostrophes and dashes, nothing moved: a few letters grow when they are lowered."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return lowered.translate(_PLAIN)


def _compile(content: Mapping[str, Any], lang: str) -> _Lists:
    findings = {name: phrases[lang] for name, phrases in content["findings"].items()}
    parts = {name: phrases[lang] for name, phrases in content["body_parts"].items()}
    return _Lists(
        _Names.compile(findings, lang),
        re.compile(words(content["other_meanings"][lang], lang)),
        Assertions.compile(content["assertions"][lang], [each for one in findings.values() for each in one], lang),
        _Names.compile(parts, lang),
    )
