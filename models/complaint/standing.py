"""Which of several readings is what the patient has now: not his usual one, a target, or what he had another year."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final

from models.complaint.breaks import CLAUSE, behind_last
from models.complaint.measure_names import MEASURES
from models.complaint.reading import Reading
from models.complaint.whose import is_of_others

_FURTHEST: Final = 40  # characters
_BREAK: Final = re.compile(rf"{CLAUSE.pattern}|(?<![a-z])(?:but|now|today|currently)(?![a-z])|现在|目前|今[天早晚]|但")


class Standing(IntEnum):
    """A reading that stands higher counts before one that stands lower."""

    NONE = 0
    """Does not count: usual, a target, a limit, of another year, of somebody else."""
    EARLIER = 1
    """Of yesterday, or hours ago: counts where there is no other."""
    CURRENT = 2


_USUAL: Final = re.compile(
    r"(?<![a-z])(?<!than )(?<!as )(?:usual(?:ly)?|normally|baseline|typical(?:ly)?|goal|target"
    r"|aim(?:ing)?|threshold|ideal(?:ly)?|fires|used to)(?![a-z])"
    r"|(?<![比于跟])(?:平[时常日]|往常|一般(?!情况)|基础|日常|通常)|目标|理想|(?:控制|维持|保持)在|正常(?:的|时|值|情况下?)"
)
_NORMAL: Final = re.compile(r"(?<!to )(?<![a-z])normal (?:\w+ )?$|正常$")  # before a name; behind it, it is a verdict
_ADVISED: Final = re.compile(
    r"(?<![a-z])(?:told|said|says|advis\w+|instruct\w+|call|come|return|ring|bring|back|give|take)(?![a-z])[^.;]{0,30}"
    r"(?<![a-z])(?:if|unless)(?![a-z])"
    r"|(?<![a-z])if [^.;]{0,20}(?<![a-z])(?:goes|gets|rises|reaches|drops|falls|over|above|below|under|hits)(?![a-z])"
    r"|如果|要是|万一|一旦"
)
_THEN: Final = re.compile(
    r"\s*(?:以[上下])?"
    r"(?:再[来吃服用去就喂](?!了)|要[来去]|就(?:行|可以|来|要|[吃去](?!了))|才(?:能|[吃服用]药?(?!了)))"
)
_PAST: Final = re.compile(
    r"(?<![a-z])(?<!since )(?<!the )last (?:week|month|year|spring|summer|autumn|winter|time)(?![a-z:])"
    r"|(?<!since )(?<![a-z])in (?:19|20)\d\d(?!\d)|(?<![a-z])(?:weeks?|months?|years?) ago"
    r"|上个?(?:周|月|星期|礼拜|次)|去年|前年|(?:[年周]|个月)(?:以)?前|以前|曾|小时候"
)
_SINCE: Final = re.compile(r"(?<![a-z])(?:since|still|ever)(?![a-z])|开始|以来|至今|一直|仍")
_EARLIER: Final = re.compile(
    r"(?<![a-z])(?<!since )(?:yesterday|last night|earlier|before|previous(?:ly)?"
    r"|(?:hours?|hrs?|min(?:ute)?s?|days?) ago"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day)(?![a-z])|昨[天晚日夜]|前[天晚]|刚才|之前|早些|(?:小时|分钟|天)前"
)
_WAS_TODAY: Final = re.compile(
    r"(?<![a-z])(?:was|were)(?![a-z]).*(?<![a-z])(?:this (?:morning|afternoon)|at home)(?![a-z])"
)
_BOUND: Final = re.compile(
    r"(?P<not>(?:(?<![a-z])(?:not|never)|n't|没有?|从未|不)\s?(?:[a-z]+ )?)?"
    r"(?:(?P<below>(?<![a-z])(?:below|under|less than)|低于|不到|不足|小于)"
    r"|(?P<above>(?<![a-z])(?<!\d )(?:over|above|more than|higher than)|超过|高于|大于))[了\s]*\d[^a-z]{0,12}$"
)


def standing(text: str, reading: Reading, before: int, behind: int) -> Standing:
    """How a reading stands.

    Args:
        text: in plain letters and digits.
        before: the end of the reading before it.
        behind: the start of the one behind it.
    """
    start = behind_last(_BREAK, text, max(before, reading.start - _FURTHEST), reading.start)
    after = text[reading.end : min(behind, reading.end + _FURTHEST)]
    ends = _BREAK.search(after)
    after = after[: ends.start()] if ends else after
    said, lead = text[start : reading.end], text[start : reading.start]
    if _USUAL.search(said) or _NORMAL.search(lead) or _ADVISED.search(said) or _is_limit(said, after, reading):
        return Standing.NONE
    around = f"{said} {after}"
    if _PAST.search(around) and not _SINCE.search(around):
        return Standing.NONE
    if is_of_others(text, reading.start, reading.end):
        return Standing.NONE
    is_earlier = _EARLIER.search(around) or _WAS_TODAY.search(around)
    return Standing.EARLIER if is_earlier else Standing.CURRENT


def _is_limit(said: str, after: str, reading: Reading) -> bool:
    """From where something is to be done; and a bound on the side where nothing is wrong: never over 38."""
    bound = _BOUND.search(said)
    if _THEN.match(after):
        return bound is not None or after.lstrip().startswith("以")
    if bound is None or reading.name not in MEASURES:
        return False
    is_below = (bound["below"] is not None) != (bound["not"] is not None)
    return is_below == (reading.value > MEASURES[reading.name].middle)
