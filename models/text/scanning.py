"""Whether a text is plain, which three posts in four are.

This is on the serving path at thousands of posts a second, so a plain post pays for scans by regular expressions and
nothing else: one that walks over plain words fast, one for what is suspect in the rest, one for letters three times in
a row.
"""

from __future__ import annotations

import re

from models.characters import ACCENTS, BEYOND_ASCII, EMOJI, HAN, INVISIBLE, ODD_SPACE, SURROGATES
from models.text.casing import CAMEL
from models.text.confusables import FOREIGN
from models.text.han import HAN_SEPARATORS, LIST
from models.text.plain_words import SHORT
from models.text.separators import BETWEEN
from models.text.signs import SIGNS, WILD
from models.text.styles import STYLED

_HAN_TEXT = f"{HAN}\u2018-\u201d\u2014\u2026\u3001-\u301b\uff01-\uff0f\uff1a-\uff1f"
_ODD_LETTERS = f"{INVISIBLE}{ODD_SPACE}{SURROGATES}{ACCENTS}{BEYOND_ASCII}{FOREIGN}{STYLED}"
_AFTER_LETTER = "(?<=[A-Za-z].)"
_SUSPECT = (
    rf"[{_ODD_LETTERS}@*]|\A | (?:[ ]|\Z|[A-Za-z] [A-Za-z](?![A-Za-z]))|&[#A-Za-z]|<[!/A-Za-z]|://"
    rf"|(?<=[A-Za-z])[{BETWEEN}]{{1,3}}+[A-Za-z]"
    rf"|[-/,]{_AFTER_LETTER}(?!(?:{'|'.join(SHORT)})(?![A-Za-z]))[A-Za-z]{{1,2}}(?![A-Za-z])"
    rf"|[{WILD}]{_AFTER_LETTER}[A-Za-z{SIGNS}{WILD}]|[{SIGNS}](?:[A-Za-z]|(?<=[A-Za-z][^!]))|[0-9][0-9 ().-]{{3}}[0-9]"
    rf"|[{HAN_SEPARATORS}{EMOJI}](?<=[{HAN}].)[{HAN}]"
)
# Words with what usually follows them, Han text and short numbers first: no suspect part begins inside. The rest
# goes letters at once, other characters one by one. A word in mixed case is none of these.
_PLAIN = re.compile(
    r"(?:[\"(]?[A-Za-z'\u2019][a-z'\u2019]++(?:[,.!?:;)\"]*+ (?! |\Z)|[,.!?:;)\"]*+\Z|-(?=[A-Za-z]{3}))"
    rf"|[AIaiu] (?=[A-Za-z'\u2019]{{2}})|[{_HAN_TEXT}]++|(?<![A-Za-z])[0-9]{{1,3}} (?=[A-Za-z']{{2}})"
    rf"|(?:[A-Za-z'\u2019][a-z'\u2019]*+|[A-Z'\u2019]++s?|{CAMEL})(?![A-Za-z])|(?!{_SUSPECT})[^A-Za-z])*+",
    re.DOTALL,
)
_TRIPLE = re.compile(r"(.)\1\1")
_LETTER_TRIPLE = re.compile(r"([A-Za-z])\1\1")


def is_plain(text: str) -> bool:
    """Whether `normalise` has nothing to do. False may be said of a plain text, too: it only takes longer then."""
    if _PLAIN.fullmatch(text) is None or ("\u3001" in text and LIST.search(text)):
        return False
    return _TRIPLE.search(text) is None or _LETTER_TRIPLE.search(text) is None
