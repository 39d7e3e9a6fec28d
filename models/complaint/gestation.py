"""Weeks of pregnancy in running text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from models.complaint.breaks import CLAUSE, behind_last
from models.complaint.reading import Reading

_WEEKS: Final = r"(?P<weeks>\d{1,2}(?:\.\d)?)(?:\s?\+\s?\d)?"
_TERM: Final = r"(?P<weeks>2\d|3\d|4[0-2])"
_WK: Final = r"[\s-]*(?:w|wks?|weeks?)(?:\s?\+?\s?\d ?d?)?(?![a-z])"
_MONTHS: Final = r"(?P<months>\d)"
_NOT_OLD: Final = r"(?!\s?-?(?:ago|old|after|post\w*|pp|later|of|out|since|history|in(?![a-z]))(?![a-z]))"
_ENDS: Final = r"(?=\s*(?:$|[,.;。，；)\n]|and |with ))"
PATTERNS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![\d.+]){_WEEKS}{_WK}[\s-]{{1,2}}(?:pregnan|gest|gravid|preg|along)",
        rf"(?<![a-z])(?:pregnan\w*|gravid|gestation\w*|e?ga)[\s,:(]{{1,3}}(?:(?:at|about|around|now|is) )?"
        rf"{_WEEKS}{_WK}{_NOT_OLD}",
        rf"(?<![\d.]){_MONTHS}[\s-]*m(?:onth|o)s?[\s-]{{1,2}}pregnan",
        rf"(?<![a-z])pregnan\w*[\s,]{{1,2}}(?:about |now )?{_MONTHS} months(?! (?:ago|old))",
        rf"(?<![a-z])(?:is|am|i'm|im|at|now|she's) {_TERM}(?:\s?\+\s?\d)?{_WK}{_NOT_OLD}{_ENDS}",
        rf"(?<![a-z])(?:i am|i'm|im) {_WEEKS}{_WK}{_NOT_OLD}{_ENDS}",
        rf"^\s*{_TERM}(?:\s?\+\s?\d)?{_WK}(?=[,;])",
        rf"(?:^|(?<![a-z])term |[,;，；]\s?){_TERM}(?:\s?\+\s?\d|/40){_ENDS}",
        rf"(?:怀孕|孕|妊娠|怀了)[早中晚]?期?(?:了|约|已|快|第)?\s*{_WEEKS}\s*(?:周|w)",
        rf"(?:怀孕|孕|妊娠|怀了)(?:了|约|已|快|第)?\s*{_MONTHS}\s*个?(?P<more>[多半])?月",
        rf"(?<![\d.]){_WEEKS}\s*周(?:孕|妊娠)",
        rf"(?<![\d.+]){_TERM}\s*周\s*[+加]\s*[\d一二三四五六]\s*天?",
    )
)
MAY_HAVE_WEEKS: Final = re.compile(
    r"preg|grav|gest|(?<![a-z])e?ga[ :]|孕|怀|妊娠|\d\s?-?w|/40|[34]\d\s?\+|\d\s?周\s?[+加]"
)
# At that week something was over, or somebody was born.
_OVER: Final = re.compile(r"born|birth|deliver|prem|preterm|miscarr|abort|induced|due|lmp|出生|早产|流产|上一?胎|剖")
_OVER_BEHIND: Final = re.compile(r"\s*(?:早产|流产|出生|引产|剖|last (?:year|time)|prem|preterm)")
_LEAD: Final = 32  # characters
_WEEKS_A_MONTH: Final = 4.345


def gestations(text: str) -> Iterator[Reading]:
    """`gestation` in weeks, in no order, of the pregnancy that goes on.

    Args:
        text: in plain letters and digits.
    """
    if not MAY_HAVE_WEEKS.search(text):
        return
    for pattern in PATTERNS:
        for match in pattern.finditer(text):
            lead = text[behind_last(CLAUSE, text, match.start() - _LEAD, match.start()) : match.start()]
            if _OVER.search(lead) or _OVER_BEHIND.match(text, match.end()):
                continue
            said = match.groupdict()
            if said.get("weeks"):
                yield Reading("gestation", float(said["weeks"]), *match.span())
            else:
                months = float(said["months"]) + (0.5 if said.get("more") == "半" else 0)
                yield Reading("gestation", months * _WEEKS_A_MONTH, *match.span())
