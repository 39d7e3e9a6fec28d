"""Whose a number is: the patient's, or that of somebody else of whom the writer speaks."""

from __future__ import annotations

import re
from typing import Final

from models.complaint.breaks import SENTENCE, behind_last

GROWN: Final = (
    "(grand|step|great grand|)(mother|father|ma|pa|mum|mom|dad)|(mother|father|sister|brother) in law|gran|granny"
    "|grampa|gramps|nan|nana|nanna|nanny|mum|mom|mummy|mommy|dad|daddy|brother|sister|half (brother|sister)|aunt|auntie"
    "|uncle|cousin|wife|husband|partner|fianc(e|ee)|boyfriend|girlfriend|spouse|friend|best friend|mate|flatmate"
    "|housemate|roommate|classmate|teacher|neighbour|neighbor|boss|manager|colleague|coworker|co worker|workmate"
)
"""In English, as in the phrases of context.toml."""
_GROWN_EN: Final = GROWN.replace("(", "(?:").replace(" ", "[ -]")
_GROWN_ZH: Final = (
    "父亲|母亲|爸爸?|妈妈?|爷爷|奶奶|外公|外婆|姥姥|姥爷|哥哥?|姐姐?|弟弟?|妹妹?|丈夫|妻子|老公|老婆|同事|朋友|邻居"
)
KIN_EN: Final = rf"{_GROWN_EN}|(?:grand|step)?(?:son|daughter|child)|nephew|niece|kids?|baby|twins?|girl|boy"
KIN_ZH: Final = f"{_GROWN_ZH}|儿子|女儿|外?孙[子女]|孩子"
_GROWN: Final = re.compile(rf"(?<![a-z])(?:my|our|his|her|their) (?:[a-z]+ )?(?:{_GROWN_EN})(?![a-z])|{_GROWN_ZH}")
_NEAR: Final = 24  # characters
_FURTHEST: Final = 400  # characters

# The writer has a complaint of his own, and so is the patient.
_OWN: Final = re.compile(
    r"(?<![a-z])(?:i (?:have|had|have had|'ve|feel|get|got)(?! (?:a |an |two |three )?(?:\d|been (?:giv|try)|given"
    r"|called|tried|no idea|notic|taken|checked|to |question|thermometer|him|her|it |worr|like))"
    r"|i(?:'m| am) (?:fine|having|bleeding|dizzy|coughing|short of|pregnant|sick|vomiting|\d)"
    r"|mine(?![a-z])|my own|my (?:chest|head|stomach|throat|back|leg|arm|breast|belly|knee|foot|ear|eye)(?![a-z]))"
    r"|我(?:自己|本人|[现今]?[在天]?(?:头[晕痛疼]|心[慌脏口]|发[烧热]|感冒|拉肚|流鼻|摸到|[胸肚腹嗓腿腰背眼耳喉咳吐呕被]))"
)


def speaks_of_own(text: str) -> bool:
    """Whether the writer speaks of a complaint that he has himself."""
    return _OWN.search(text) is not None


def is_of_others(text: str, start: int, end: int) -> bool:
    """Whether what stands there is somebody else's: of a grown relative, where the writer comes for himself.

    Of a child it is the child's, who is the patient more often than the parent.
    """
    lead = text[behind_last(SENTENCE, text, start - _NEAR, start) : start]
    return _GROWN.search(lead) is not None and speaks_of_own(text[end : end + _FURTHEST])
