"""Placeholders for links, handles, phone numbers and e-mail addresses."""

from __future__ import annotations

import re

from models.text.changes import Changes
from models.text.plain_words import HIDDEN
from models.text.signs import first_letters

URL, USER, PHONE, EMAIL = "[URL]", "[USER]", "[PHONE]", "[EMAIL]"
PLACEHOLDER = "|".join(map(re.escape, (URL, USER, PHONE, EMAIL)))
"""A regular expression for any of them."""

_TLD = (
    "com|net|org|edu|gov|mil|info|biz|io|co|me|tv|cc|cn|hk|tw|uk|us|ca|au|de|fr|eu|in|jp|kr|ru|nl|es|br|"
    "ly|gl|to|gg|app|dev|ai|xyz|top|club|online|site|shop|vip|link|live|news|blog|tech|store"
)
_URL_CHARACTERS = r"[\w\-.~:/?#@!$&'()*+,;=%]"
_MASKS = re.compile(
    rf"""
    (?P<url>(?<![A-Za-z0-9])(?:https?|ftp)://{_URL_CHARACTERS}++ | (?<![A-Za-z0-9])www\.[\w]{_URL_CHARACTERS}++)
  | (?P<email>(?<![A-Za-z0-9.+_-])[A-Za-z0-9.+_-]{{1,64}}+@(?:[A-Za-z0-9-]{{1,63}}+\.)++[A-Za-z]{{2,24}}+)
  | (?P<domain>(?<![A-Za-z0-9@._-])(?:[A-Za-z0-9-]{{1,63}}+\.){{1,8}}?(?:{_TLD})
        (?![A-Za-z0-9@_-]|\.[A-Za-z0-9])(?:/{_URL_CHARACTERS}*+)?)
  | (?P<user>(?<![A-Za-z0-9_@.&%$*^])(?<![A-Za-z]\#)@(?:
        (?!(?:ss|rse)(?:es|hat|hole|holes|wipe)?\b|nal\b|nus\b)[A-Za-z0-9_][A-Za-z0-9_.-]{{0,28}}+(?<=[A-Za-z0-9_-])
      | [\u4e00-\u9fff][\u4e00-\u9fffA-Za-z0-9_-]{{1,15}}+(?=[\s:,!?\uff1a\uff0c\u3002\uff01\uff1f]|\Z)))
  | (?P<phone>(?<![A-Za-z0-9_.])\+?(?:
        [0-9]{{9,}}+
      | \(?[0-9]{{1,4}}\)?[ .-]?\(?[0-9]{{3,4}}\)?[ .-][0-9]{{3,4}}[ .-]?[0-9]{{3,4}}
      | 0[0-9]{{2,3}}-[0-9]{{7,8}} | [0-9]{{3}}[ .-][0-9]{{3}}[ .-][0-9]{{3,4}}
      | 95[0-9]{{3}} | 1008[56] | 10010)(?![0-9A-Za-z]|[.,][0-9]))
    """,
    re.VERBOSE | re.ASCII,
)  # fmt: skip
_MASKABLE = re.compile(r"@|://|www\.|\.[A-Za-z]|[0-9][0-9 ().-]{3}[0-9]")  # what all of them have
_PLACEHOLDERS = {"url": URL, "domain": URL, "email": EMAIL, "user": USER, "phone": PHONE}


def mask(text: str) -> Changes:
    """Placeholders for links, handles, phone numbers and e-mail addresses."""
    changes: dict[int, str] = {}
    if _MASKABLE.search(text) is None:
        return changes
    letters = first_letters(text) if "@" in text else {}
    for match in _MASKS.finditer(text):
        start, end = match.span()
        if match["user"] and letters.get(start, 0) >= end:
            continue  # "@ll" among other words with signs is no handle
        if match["domain"] and match[0].replace(".", "").lower() in HIDDEN:
            continue  # "fu.ck.in" is no host
        placeholder = _PLACEHOLDERS[match.lastgroup or ""]
        changes |= dict.fromkeys(range(start, end), "")
        # The closing bracket stands for the last masked character, so a span over the placeholder covers all.
        changes[start] = placeholder[:-1]
        changes[end - 1] = placeholder[-1]
    return changes
