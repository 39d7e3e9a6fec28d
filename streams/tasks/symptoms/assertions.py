"""Which findings a text only names: denied, long over, or somebody else's.

A small rule in the manner of NegEx and ConText: trigger words with a direction and a reach (Chapman et al., "A
Simple Algorithm for Identifying Negated Findings and Diseases in Discharge Summaries", J Biomed Inform 34, 2001;
Harkema et al., "ConText: An Algorithm for Determining Negation, Experiencer, and Temporal Status from Clinical
Reports", J Biomed Inform 42, 2009). One thing differs: where theirs reaches on to the next stop word, this one
reaches only over words that are known, so what it does not understand stays a finding. The words are in red_flags.toml.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

_REACH: Final = 160  # characters, from a trigger to its finding and from a finding to the ends of its sentence
_MOST_MEMBERS: Final = 12  # of a list, beyond the finding
_STOP: Final = re.compile(r"[.!?;\n。！？；]")


class Found(NamedTuple):
    """A finding and where it stands in the text."""

    name: str
    start: int
    end: int


def words(phrases: Iterable[str], lang: str = "") -> str:
    """A pattern of any of the phrases: whole words in English, where an apostrophe may be missing."""
    body = "|".join(phrases) or "(?!)"
    return rf"(?<![a-z0-9])(?:{body})(?![a-z0-9])".replace("'", "'?") if lang == "en" else f"(?:{body})"


class _Reach(NamedTuple):
    """What may stand between one kind of trigger and a finding that it takes away."""

    joined: re.Pattern[str]
    listed: re.Pattern[str]
    """Only if `closed` matches after the finding, and `alone` does not match it."""
    closed: re.Pattern[str]
    alone: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Assertions:
    """The words of one language, compiled. Pure; every match is bounded, so a text takes a time in proportion.

    Texts are in lower case with plain apostrophes; a line break ends what a word reaches.
    """

    triggers: re.Pattern[str]
    adjacent: re.Pattern[str]
    statements: re.Pattern[str]
    reaches: Mapping[str, _Reach]
    absent: re.Pattern[str]
    opening: re.Pattern[str]
    stands: re.Pattern[str]
    over: re.Pattern[str]
    present: re.Pattern[str]

    @classmethod
    def compile(cls, lists: Mapping[str, Any], findings: Iterable[str], lang: str) -> Assertions:
        """Args:
        lists: the table `assertions` of a language in red_flags.toml.
        findings: phrases of all findings in that language; they are members of lists, too.
        lang: en or zh.
        """
        kinds = {"spared": {"takes": lists["spared"]}, **lists["before"]}
        triggers = "|".join(f"(?P<{name}>{words(kind['takes'], lang)})" for name, kind in kinds.items())
        lead = _run([*lists["verbs"], *lists["fillers"]], lang)
        members = words([*findings, *lists["symptoms"]], lang)
        return cls(
            triggers=re.compile(triggers),
            adjacent=re.compile(lead),
            statements=re.compile(words(lists["statements"], lang)),
            reaches={name: _reach(kind, lists, lead, members, lang) for name, kind in lists["before"].items()},
            absent=re.compile("|".join(lists["absent"])),
            opening=re.compile(lists["opening"]),
            stands=re.compile("|".join(lists["stands"])),
            over=re.compile(f"(?:{'|'.join(lists['over'])})" + ("(?![a-z0-9])" if lang == "en" else "")),
            present=re.compile(words(lists["present"], lang)),
        )

    def asserted(self, text: str, found: Sequence[Found]) -> list[Found]:
        """The findings less those that the text surely takes away."""
        triggers = list(self.triggers.finditer(text))
        ends = [trigger.end() for trigger in triggers]
        kept = []
        for finding in found:
            nearest = bisect_right(ends, finding.start) - 1
            if not self._is_taken(text, finding, triggers[nearest] if nearest >= 0 else None):
                kept.append(finding)
        return kept

    def _is_taken(self, text: str, finding: Found, trigger: re.Match[str] | None) -> bool:
        if self._is_denied_behind(text, finding):
            return True
        if self.stands.match(text, finding.end):
            return False
        is_past = self.over.match(text, finding.end) is not None
        if not is_past and trigger is not None and self._is_reached(text, finding, trigger):
            if trigger.lastgroup != "past":
                return True
            is_past = True
        return is_past and not self.present.search(text, *_sentence(text, finding))

    def _is_denied_behind(self, text: str, finding: Found) -> bool:
        if not self.absent.match(text, finding.end):
            return False
        return self.opening.search(text, max(0, finding.start - _REACH), finding.start) is not None

    def _is_reached(self, text: str, finding: Found, trigger: re.Match[str]) -> bool:
        reach = self.reaches.get(trigger.lastgroup or "")
        between = (text, trigger.end(), finding.start)
        if reach is None or finding.start - trigger.end() > _REACH:
            return False
        if self.adjacent.fullmatch(*between):
            return True
        if self.statements.match(text, finding.start):
            return False
        if reach.joined.fullmatch(*between):
            return True
        return (
            reach.listed.fullmatch(*between) is not None
            and reach.closed.match(text, finding.end) is not None
            and reach.alone.match(text, finding.start) is None
        )


def _run(fillers: Sequence[str], lang: str) -> str:
    return f" ?(?:{words(fillers, lang)} ?)*+"


def _reach(kind: Mapping[str, Any], lists: Mapping[str, Any], lead: str, members: str, lang: str) -> _Reach:
    fill = _run(lists["fillers"], lang)
    alone = words([*lists["statements"], *kind.get("alone", ())], lang)
    member = f"(?!{words(lists['statements'], lang)}){members}"
    item = f"(?!{alone}){members}"
    sure, loose = words(lists["or"]), words([*lists["comma"], *kind.get("also", ())])
    if "closed" in kind:
        closed = f"(?:(?:{sure}|{loose}){fill}{item}){{0,{_MOST_MEMBERS}}}+{kind['closed']}"
    else:
        closed = f"(?:{loose}{fill}{member}){{0,{_MOST_MEMBERS}}}+{sure}{fill}{member}"
    return _Reach(
        joined=re.compile(f"{lead}(?:(?:{member}{loose}{fill})*+{member}{sure}{fill})++"),
        listed=re.compile(f"{lead}(?:{item}(?:{sure}|{loose}){fill})++"),
        closed=re.compile(closed),
        alone=re.compile(alone),
    )


def _sentence(text: str, finding: Found) -> tuple[int, int]:
    """Where the sentence around a finding begins and ends, as far as a reach."""
    start = max(0, finding.start - _REACH)
    for stop in _STOP.finditer(text, start, finding.start):
        start = stop.end()
    end = finding.end + _REACH
    following = _STOP.search(text, finding.end, end)
    return start, following.start() if following else end
