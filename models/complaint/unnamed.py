"""Numbers that tell by themselves what they measure: by their unit, as a pair, or as a temperature's decimals."""

from __future__ import annotations

import re
from typing import Final

from models.complaint.amounts import Amount
from models.complaint.breaks import SENTENCE, behind_last

_NO_PRESSURE: Final = re.compile(r"\s*(?:insulin|mix|units?|mg|mcg|puffs?|inh\w*|%|st(?:reet)?(?![a-z])|[-/+]\d)")
_WARM_THINGS: Final = re.compile(
    r"\s*(?:的?(?:[热温冷凉开白]?水|白?酒|天(?!前)|高温|角|太阳|屋)"
    r"|(?:hot |warm |cold )?(?:water|weather|outside|angle|flexion|heat))"
)
_LEADS_TO_FEVER: Final = re.compile(  # what may stand before the bare decimals of a temperature
    r"(?:^|[,，;；。.(（、\n]|(?<![a-z])(?:at|of|to|is|was|now|been|running|reads?|reading|says?|hit|reached|around|about|like|and|then|still"
    r"|over|above|had|has|got|today|yesterday|tonight|morning|night|evening|spiked a|baby|son|daughter|it's|low)"
    r"|[了是到在才又还晨晚早午天今昨夜前后刚量测娃宝孩子女儿烧热温高低有约达为])\s*$"
)
_LEAD: Final = 12  # characters
_SATURATED: Final = re.compile(r"\s*(?:on (?:air|room|ra|\d)|ra(?![a-z])|room air|sats?|spo2)")
_SYSTOLIC: Final = re.compile(r"\s*(?:systolic|sbp)(?![a-z])")
_HURTS: Final = re.compile(r"pain|hurt|ach(?:e|ing)|sore|cramp|agony|discomfort|(?<![a-z])(?:nrs|vas|ouch)|[痛疼]")
_ITS_PAIN: Final = re.compile(r"\s*(?:on the )?(?:pain|headache|hurt)")
_SCALE: Final = re.compile(r"\s*on the (?:pain|nrs|vas)")
_NO_MARK: Final = re.compile(
    r"(?:since|on|from|by|until|till|dated?|自|从|于|满分)\s*(?:the )?$"
)  # a date, or all of a scale
_WITHIN: Final = 60  # characters before a mark out of ten


def measure_of(text: str, amount: Amount) -> str:
    """A key of MEASURES, or nothing."""
    if amount.second == (10.0, 10.0) or amount.unit == "marks":
        return "pain" if _is_pain(text, amount) else ""
    if amount.second is not None:
        return "systolic" if _is_pressure(text, amount) else ""
    if amount.unit in ("beats", "breaths"):
        return {"beats": "heart_rate", "breaths": "respiratory_rate"}[amount.unit] if amount.low >= 10 else ""
    if _is_temperature(text, amount):
        return "temperature"
    if amount.unit == "percent" and 50 <= amount.low <= 100 and _SATURATED.match(text, amount.behind):
        return "saturation"
    if not amount.unit and 50 <= amount.low <= 270 and _SYSTOLIC.match(text, amount.behind):
        return "systolic"
    if not amount.unit and amount.low <= 10 and _SCALE.match(text, amount.behind):
        return "pain"
    return ""


def _is_pain(text: str, amount: Amount) -> bool:
    if amount.low > 10 or (amount.unit == "marks" and amount.is_decimal):
        return False
    said = text[behind_last(SENTENCE, text, amount.start - _WITHIN, amount.start) : amount.start]
    if _NO_MARK.search(said):
        return False
    return _HURTS.search(said) is not None or _ITS_PAIN.match(text, amount.behind) is not None


def _is_pressure(text: str, amount: Amount) -> bool:
    """A systolic and a diastolic number as somebody alive has them, and as no insulin is mixed."""
    if not amount.second or amount.over not in ("/", "\\", "over") or amount.unit not in ("", "mercury"):
        return False
    if text[max(0, amount.start - 1) : amount.start].isalpha() and text[amount.start - 1].isascii():
        return False
    low, second = amount.low, amount.second[0]
    is_likely = 50 <= low <= 270 and 35 <= second <= 170 and 10 <= low - second <= 150
    return is_likely and not _NO_PRESSURE.match(text, amount.behind)


def _is_temperature(text: str, amount: Amount) -> bool:
    value, has_sign = amount.low, amount.unit in ("celsius", "fahrenheit", "degrees")
    if _WARM_THINGS.match(text, amount.behind):
        return False
    if amount.unit == "celsius":
        return 34 <= value < 44
    if amount.unit == "fahrenheit":
        return 95 <= value <= 110 and (
            amount.is_decimal or value >= 100 or text[amount.end : amount.end + 2].strip()[:1] == "°"
        )
    if has_sign or amount.unit or not amount.is_decimal:
        return False
    if not (35 <= value < 43 or 99 <= value <= 107):
        return False
    return _LEADS_TO_FEVER.search(text, max(0, amount.start - _LEAD), amount.start) is not None
