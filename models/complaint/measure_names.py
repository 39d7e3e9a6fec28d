"""Vital signs and blood sugar as texts call them: one table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple


class Measure(NamedTuple):
    """What a number has to be like to be this measure where its name stands before it."""

    middle: float
    """Of two numbers the one that is further from here is the worse."""
    units: frozenset[str]
    """Groups of `amounts` that belong to it, and nothing."""
    likely: tuple[float, float]
    """Where a number lies that has a mere letter for a name, or none."""
    floor: float = 0.0
    """In the unit of the schema; what is lower is something else, and warned of."""


_PRESSURE: Final = frozenset({"", "mercury", "kilopascal"})
_RATE: Final = frozenset({"", "rate"})
MEASURES: Final[Mapping[str, Measure]] = {
    "temperature": Measure(37.0, frozenset({"", "celsius", "fahrenheit", "degrees"}), (33, 43)),
    "heart_rate": Measure(80.0, _RATE | {"beats"}, (25, 250), 15.0),
    "respiratory_rate": Measure(16.0, _RATE | {"breaths"}, (4, 90), 2.0),
    "systolic": Measure(120.0, _PRESSURE, (50, 270), 30.0),
    "diastolic": Measure(75.0, _PRESSURE, (20, 170), 10.0),
    "saturation": Measure(98.0, frozenset({"", "percent"}), (50, 100), 30.0),
    "glucose": Measure(6.0, frozenset({"", "milligrams", "millimoles"}), (1, 40)),
    "pain": Measure(0.0, frozenset({"", "marks"}), (0, 10)),
}
OTHER: Final = "other"
"""The name of something that has numbers, too, and is no vital sign."""

# Latin names are whole words; Chinese ones may stand anywhere, and the longer one of two stands first. `fever` is one
# only with a number that can be a temperature; `movement`, bowels, is blood sugar with a decimal.
_ENGLISH: Final[Mapping[str, str]] = {
    "temperature": r"(?:core |rectal |oral |ear )?temp(?:erature)?s?|tmax|tympanic|rectal|axillary",
    "fever": r"a?febrile|fevers?|thermometer",
    "heart_rate": r"(?<!\d)hr|heart ?(?:rate|beat)|pulse(?: rate)?(?! ox)|tachy(?:cardi[ac]c?)?|brady(?:cardi[ac]c?)?",
    "respiratory_rate": r"rr|resp(?:iratory)?(?: ?rate)?|resps|respirations?|breathing(?: rate)?",
    "systolic": r"sbp|systolic(?: bp| pressure)?|b\.?p|b/p|blood pressure|top number|hypotensive|hypertensive",
    "diastolic": r"dbp|diastolic(?: bp| pressure)?|bottom number",
    "saturation": (
        r"sp?[o0](?:2|₂)|sao2|o2 ?sat(?:uration|s)?|sat(?:'?s|uration|ting|urating)?|o2|pulse ox(?:imeter)?"
        r"|oxygen(?: sat(?:uration|s)?| levels?)?"
    ),
    "glucose": r"(?:blood )?(?:sugars?|glucose)(?: level)?|bgl|bsl|cbg|hgt|dexi|fingerstick|accu-?check",
    "movement": "bm",
    "pain": r"pain(?: (?:score|level|scale))?|nrs|vas",
    OTHER: (
        r"fhr|fo?etal (?:heart(?: ?rate| ?beat)?|hr)|baby'?s heart(?: ?rate| ?beat)?|max(?:imum)? heart rate"
        r"|rr interval|on (?:home )?(?:o2|oxygen)|fio2|pa?[co]{1,2}2|crp|hct|bmi|e?gfr|mcv|hb|weigh(?:s|ed|t)|height"
        r"|iop|(?:eye|air|water|room|oven) (?:pressure|temp(?:erature)?)|gcs|apgar|news|peak flow|size|room|bed|ef"
        r"|scale|(?:bp|blood pressure|heart rate) (?:cuff|tab\w*|med\w*|pill\w*)|temp(?:erature)? chart|hr dep\w*"
    ),
}
_CHINESE: Final[Mapping[str, str]] = {
    "temperature": "体温|腋温|耳温|肛温|额温枪?|温度",
    "fever": "[高低]?烧到?了?|发热|高热",
    "heart_rate": "心率|脉搏|脉率|心跳",
    "respiratory_rate": "呼吸(?:频率)?",
    "systolic": "收缩压|高压|上压|血压",
    "diastolic": "舒张压|低压|下压",
    "saturation": "血氧(?:饱和度|仪)?|氧饱和?度?|指脉?氧|饱和度",
    "glucose": "血糖",
    "movement": "扎手指头?|扎指头|指尖血糖?|手指血糖?",
    "pain": "(?:疼痛|痛)?(?:评分|指数)|疼痛|痛感",
    OTHER: (
        "胎心率?|最大心率|气温|水温|室温|室内温度|房间温度|最高温度|最低温度|眼压|颅压|氧分压|二氧化碳分压|体重|身高|降压药"
        "|洗澡水|侧弯|弯到|抬高|屈曲|外展|旋转|近视|度数|(?:gcs|apgar|昏迷|格拉斯哥(?:昏迷)?)(?:评分|指数|量表)|退烧药?|吸氧|烧伤"
    ),
}


def _any(table: Mapping[str, str]) -> str:
    return "|".join([table[OTHER], *table.values()])


_NAMES: Final = re.compile(
    rf"(?<![a-z])(?=[a-z])(?:{_any(_ENGLISH)}|(?<!')[tpr])(?![a-z])"
    rf"|(?=[{''.join(sorted(set(_any(_CHINESE)) - set('|?()[]:<!')))}])(?:{_any(_CHINESE)})"
)


@lru_cache(1024)
def _measure(name: str) -> str:
    """What a name is the name of; there are as many as the table can say."""
    if len(name) == 1 and name.isascii():
        return name
    said = [(key, pattern) for table in (_ENGLISH, _CHINESE) for key, pattern in table.items()]
    said.sort(key=lambda row: row[0] != OTHER)
    return next(key for key, pattern in said if re.search(rf"^(?:{pattern})$", name))


class Name(NamedTuple):
    """A name and its place."""

    measure: str
    """A key of MEASURES, OTHER, `fever`, `movement`, or a letter."""
    start: int
    end: int


def names(text: str) -> Iterator[Name]:
    """All of a text in digits, in its order."""
    for match in _NAMES.finditer(text):
        yield Name(_measure(match[0]), *match.span())
