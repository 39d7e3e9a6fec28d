"""Whether the number behind a name is the name's: what may stand between the two."""

from __future__ import annotations

import re
from typing import Final

from models.complaint.amounts import ROUGHLY, Amount

_SIGNS: Final = r"[\s:：=,，~'\"()（）-]*"
_SAID: Final = (
    r"(?:is|was|are|were|ha[sd]|be(?:en)?|of|at|to|about|around|approx|only|just|now|currently|today|reads?|reading|up|down|low"
    r"|high|on arrival|measured|from|between|in the|as|lying|sitting|standing|says?|went|a|'s|s)(?![a-z])"
    r"|为|是|到|约|大概|只有|最[高低快慢]|有|才|了|达|在|从|现在?|目前|今[天早晚]|每分钟|[1一]分钟|百分之|显示|刚|[测量]|正常|偏|[高低快慢]"
)
_STRICT: Final = re.compile(rf"\.?{_SIGNS}(?:(?:{_SAID}){_SIGNS}){{0,5}}")
_LOOSE: Final = re.compile(
    r"(?:'s)?[\s:：=,，~'\"()（）-]*(?:[^\x00-\x7f]{0,12}|(?:[a-z'-]+[\s,:(]+){0,4}(?:[a-z'-]+[\s:)]*)?|[\s:-]*)"
)
_LONGEST: Final = 32  # characters, of English
_NOT_ITS: Final = re.compile(
    r"(?<![a-z])(?:tab\w*|pills?|med\w*|doses?|since|after|for|until|because|room|bed|probe|differ\w*|x|and|or|with"
    r"|has a|my)(?![a-z])|[药片打吃喝服用住差]|[，,].*[，,]"
)
_ENDS: Final = re.compile(
    r"\s*(?:$|[^\w\s]|[%℃]|(?:and|but|now|on|with|this|today|yesterday|last|when|after|while|at|in|or|again|reg\w*|irreg\w*"
    r"|ra|systolic|the|walking|resting|lying|for|since|before|despite)(?![a-z])|[^\x00-\x7f])"
)
_BARE: Final = re.compile(r"[\s:：=]{0,2}")


def is_bare(gap: str) -> bool:
    """Nothing but a colon or a blank."""
    return _BARE.fullmatch(gap) is not None


def is_said(gap: str) -> bool:
    """Only what is always said between a name and its number."""
    return len(gap) <= 2 * _LONGEST and _STRICT.fullmatch(gap) is not None


def is_near(gap: str, text: str, amount: Amount) -> bool:
    """A few words, where the number ends what is said: `pulse has gone up to 150`."""
    if len(gap) > _LONGEST or not _LOOSE.fullmatch(gap) or _NOT_ITS.search(gap):
        return False
    comma = max(gap.rfind(","), gap.rfind("，"))
    has_unit = bool(amount.unit) or amount.second is not None
    if comma >= 0 and not has_unit and not (gap[comma + 1 :].strip() and is_said(gap[comma + 1 :])):
        return False
    roughly = ROUGHLY.match(text, amount.behind)
    return has_unit or _ENDS.match(text, roughly.end() if roughly else amount.behind) is not None
