"""Types that the inputs share."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

MAX_TEXT = 20_000  # characters; a long article: 68 windows of English, 200 of Chinese
_VISIBLE = re.compile(
    r"[^\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_LOST = "\ufffd"
_WORD = re.compile("[A-Za-z]{2}|[\u3400-\u4dbf\u4e00-\u9fff]{2}")


def is_blank(text: str) -> bool:
    """Nothing but white space, controls and invisible marks."""
    return _VISIBLE.search(text) is None


def is_readable(text: str, is_garbled: bool) -> bool:
    """Whether a text with U+FFFD in the place of what was no character still says something.

    Anything else that is to be seen will do, so that nobody hides words among halves of emoji. Of garbled bytes a word
    has to be left, or half of what is to be seen: a text in an encoding that is not Unicode always leaves some letters.
    """
    lost, seen = text.count(_LOST), len(_VISIBLE.findall(text))
    if not is_garbled:
        return lost < seen
    return 2 * lost <= seen or _WORD.search(text) is not None


def _visible(text: str) -> str:
    if is_blank(text):
        raise PydanticCustomError("empty_text", "nothing to read: no visible character")
    return text


def _integer_as_text(value: object) -> object:
    """Identifiers come as JSON integers from many systems; nothing else is converted."""
    return str(value) if type(value) is int else value


def _iso_8601(value: object) -> object:
    """pydantic would take numbers as well, and guess whether they are seconds or milliseconds."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "a time is an ISO 8601 string")
    if value[4:5] != "-":
        raise PydanticCustomError("iso_8601", "a time is an ISO 8601 string, such as 2026-11-24T09:15:00Z")
    return value


# Constraints stand before the converting validator: so they apply to the string, in compiled code.
Line = Annotated[str, Field(strict=True, max_length=MAX_TEXT)]
Text = Annotated[Line, AfterValidator(_visible)]
_Identifier = Annotated[str, Field(strict=True, min_length=1, max_length=256)]
_Reference = Annotated[str, Field(strict=True, max_length=256)]
Identifier = Annotated[_Identifier, BeforeValidator(_integer_as_text, json_schema_input_type=_Identifier | int)]
Reference = Annotated[_Reference, BeforeValidator(_integer_as_text, json_schema_input_type=_Reference | int)]
Language = Annotated[str, Field(strict=True, max_length=35)]
Time = Annotated[datetime, BeforeValidator(_iso_8601, json_schema_input_type=datetime)]
