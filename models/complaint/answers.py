"""What is asked and answered with no: "cough: none", "any chest pain? Me: no.", “胸痛吗？”“不痛。”"""

from __future__ import annotations

import re
from typing import Final

# What stands before a finding that begins a line or a statement.
_LONGEST_OPENING: Final = 40
_OPENING: Final = re.compile(
    r"(?:^|[\n.,;:!?()/，。；：、！？（）\"“] ?|[有无否]|没有|(?<![a-z])(?:any|no|none|nil|yes|[0-9]+"
    r"|(?:do|does|did|have|has) (?:you|he|she|they)(?: have| had| feel| get)?(?: any)?) )$"
)
_NONE: Final = r"none|nil|absent|denied|denies|negative|neg|not present|no|n|0"
_UNKNOWN_LABEL: Final = r" (?!relief|better|change|improvement|help|idea)[a-z]+(?: [a-z]+){0,2} ?:"
_ASKED: Final = r" ?[?？] ?[\"”]? ?(?:[a-z]{1,12} ?: ?)?[\"“]?"  # and who answers
_ANSWER: Final = re.compile(
    rf" ?[:=-] ?(?:{_NONE})(?= ?(?:[.,;)/\n]|$)|{_UNKNOWN_LABEL})"
    rf"|{_ASKED}(?:none|nope|nah|no|never|not)"
    r"(?: (?:at all|had (?:one|any|it|that)|ever|really|so far|that i know(?: of)?))?"
    r"(?=[.;!\n\"”]|$|, ?(?:gone|never|not at all|none)(?![a-z]))"
    r"| ?[(\[（] ?(?:-|neg|negative|no|none|nil|absent|denied|无|否|没有|阴性) ?[)\]）]"
    r"| (?:none|nil|absent|denied|negative|no)(?=[.,;\n]|$)"
    rf"|[吗么]?(?: ?[:：=] ?|{_ASKED})(?:没有|没|无|否认|否|未见|阴性|-)(?= ?(?:[，。；、,.;)）!！\n\"”]|$)| )"
    r"|(?:没有|无|否|阴性|-)(?=[，。；,.; \n]|$)"
)
_SAID_AGAIN: Final = re.compile(rf"[吗么]{_ASKED}不(?P<word>[\u4e00-\u9fff])(?=[，。；、,.;!！\n\"”]|$)")


def is_answered_with_no(plain: str, start: int, end: int) -> bool:
    """Whether what stands there is asked for, and the answer behind it denies it."""
    again = _SAID_AGAIN.match(plain, end)
    is_denied = _ANSWER.match(plain, end) or (again is not None and again["word"] in plain[start:end])
    return bool(is_denied) and _OPENING.search(plain, max(0, start - _LONGEST_OPENING), start) is not None
