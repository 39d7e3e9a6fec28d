"""How awake somebody is, on a scale that a text names: the Glasgow Coma Scale as a sum or by its parts, and AVPU."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from models.complaint.reading import Reading

GCS: Final = "gcs"

_IS: Final = r"(?:[\s:：=()（）<~–-]|gcs|is|was|are|now|of|at|score|total|为|是|仅|评分|分值?|指数|量表){0,7}?"
_PARTS: Final = r"e\s?(?P<eyes>[1-4])[\s,+]{0,2}v\s?(?P<voice>[1-5])[\s,+]{0,2}m\s?(?P<moves>[1-6])(?!\d)"
_SUM: Final = (
    r"(?P<sum>\d{1,2})(?!\d|[.:]\d|%|\s?(?:[ap]\.?m(?![a-z])|years?|yrs?|hours?|days?|miles?|岁|分钟|小时|天|点|号|日))"
)
_NAME: Final = (
    r"(?<![a-z])(?:gcs|glasgow(?: coma)? (?:scale|score)|glasgow coma)"
    r"|格拉斯哥(?:昏迷)?(?:评分|指数|量表|分级|分值)|(?<!哥)昏迷(?:评分|指数|量表)|格拉斯哥(?:昏迷)?(?=\d{1,2}分)"
)
_GLASGOW: Final = re.compile(rf"(?<![a-z0-9]){_PARTS}|(?:{_NAME}){_IS}{_SUM}")
_AVPU: Final = re.compile(rf"(?<![a-z])a?c?vpu{_IS}(?P<letter>alert|verbal|voice|pain|unresponsive|[avpu])(?![a-z])")
# Medians of the Glasgow Coma Scale at each letter: Kelly et al., Ann. Emerg. Med. 44 (2004) 108.
_SUMS: Final = {"a": 15.0, "v": 13.0, "p": 8.0, "u": 3.0}


def coma_scores(text: str) -> Iterator[Reading]:
    """`gcs`, from 3 to 15, of every scale that is named; a letter of AVPU as the sum that goes with it.

    Args:
        text: in plain letters and digits.
    """
    for match in _GLASGOW.finditer(text):
        parts = (match["eyes"], match["voice"], match["moves"]) if match["sum"] is None else (match["sum"],)
        yield Reading(GCS, float(sum(map(int, parts))), *match.span())
    for match in _AVPU.finditer(text):
        yield Reading(GCS, _SUMS[match["letter"][0]], *match.span())
