"""The text as the encoder reads it, in training and in serving: clean, masked, disguises undone.

`normalise` is on the serving path at thousands of posts a second, so a plain post pays for scans by regular
expressions and nothing else: one that walks over plain words fast, one for what is suspect in the rest, one
for letters three times in a row. All patterns are linear in the length of the text: quantifiers are possessive
or bounded, and look-behinds let a match start only where a word starts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.text.folding import EMOJI, FOREIGN, HAN, HAN_SEPARATORS, STYLED, fold

URL, USER, PHONE, EMAIL = "[URL]", "[USER]", "[PHONE]", "[EMAIL]"

# Soft hyphen, fillers, zero-width and bidirectional marks, variation selectors, tags, other controls, and the
# strokes laid over letters, which no language writes.
_INVISIBLE = (
    "\u00ad\u0334-\u0338\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
)
_ODD_SPACE = "\t-\r\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_SURROGATE = "\ud800-\udfff"
_ACCENT = "\u0300-\u0333\u0339-\u034e\u0350-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ef"
_HAN_TEXT = f"{HAN}\u2018-\u201d\u2014\u2026\u3001-\u301b\uff01-\uff0f\uff1a-\uff1f"
_SUSPECT = (
    f"[{_INVISIBLE}{_ODD_SPACE}{_SURROGATE}{_ACCENT}{FOREIGN}{STYLED}@*]"
    r"|\A | (?:[ ]|\Z|[A-Za-z] [A-Za-z](?![A-Za-z]))"
    rf"|\.[A-Za-z]|[{EMOJI}_](?<=[A-Za-z].)[A-Za-z]|[-_/,~][A-Za-z][-_/,~]|![A-Za-z]|[|+](?:[A-Za-z]|(?<=[A-Za-z].))|://"
    r"|[0-9$](?:[A-Za-z$]|(?<=[A-Za-z].)|[0-9 ().-]{3}[0-9])"
    f"|[{HAN_SEPARATORS}{EMOJI}](?<=[{HAN}].)[{HAN}]"
)
# Words with what usually follows them, Han text and short numbers first: no suspect part begins inside. The rest
# goes letters at once, other characters one by one.
_PLAIN = re.compile(
    rf"(?:[\"(]?[A-Za-z'\u2019]{{2,}}+(?:[,.!?:;)\"]*+ (?! |\Z)|[,.!?:;)\"]*+\Z|-(?=[A-Za-z]{{2}}))"
    rf"|[AIaiu] (?=[A-Za-z'\u2019]{{2}})|[{_HAN_TEXT}]++|(?<![A-Za-z])[0-9]{{1,3}} (?=[A-Za-z']{{2}})"
    rf"|[A-Za-z'\u2019]++|(?!{_SUSPECT})[^A-Za-z])*+",
    re.DOTALL,
)
_TRIPLE = re.compile(r"(.)\1\1")
_LETTER_TRIPLE = re.compile(r"([A-Za-z])\1\1")
_DIRT = re.compile(f"[{_INVISIBLE}{_ACCENT}]+|[{_ODD_SPACE} ]+|[{_SURROGATE}]")
_CLEAN = re.compile(f"[{_INVISIBLE}{_ODD_SPACE}{_SURROGATE}{_ACCENT}]|  |\\A | \\Z")
_IS_ACCENT = re.compile(f"[{_ACCENT}]")

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
  | (?P<user>(?<![A-Za-z0-9_@.])@(?:
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
_PLACEHOLDERS = {"url": URL, "domain": URL, "email": EMAIL, "user": USER, "phone": PHONE}
_PASSES = 6  # a mask or fold may uncover the next one ("x.com@bob"); chains longer than this are left as they are


@dataclass(slots=True, frozen=True)
class NormalisedText:
    """Clean, masked text. A span `[a, b)` of it covers `[offsets[a], offsets[b - 1] + 1)` of the original."""

    text: str
    offsets: Sequence[int]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The interval of the original text behind the non-empty interval `[start, end)`."""
        return self.offsets[start], self.offsets[end - 1] + 1


def normalise(text: str) -> NormalisedText:
    """Remove invisible marks, fold white space, mask links, handles, phone numbers and e-mail addresses, and undo
    disguised spellings (`models.text.folding`).

    Idempotent: normalising the result changes nothing. Lone surrogates, which no UTF-8 output can hold,
    become U+FFFD.
    """
    if _is_plain(text):
        return NormalisedText(text, range(len(text)))
    offsets: Sequence[int] = range(len(text))
    if _CLEAN.search(text) is not None:
        text, offsets = _tidy(text)
    for _ in range(_PASSES):
        masked = _mask(text, offsets)
        text, offsets = masked or (text, offsets)
        folded = fold(text, offsets)
        text, offsets = folded or (text, offsets)
        if masked is None and folded is None:
            break
    return NormalisedText(text, offsets)


def _is_plain(text: str) -> bool:
    """Whether there is nothing to do, as with three posts in four."""
    if _PLAIN.fullmatch(text) is None:
        return False
    return _TRIPLE.search(text) is None or _LETTER_TRIPLE.search(text) is None


def _tidy(text: str) -> tuple[str, Sequence[int]]:
    pieces: list[str] = []
    offsets: list[int] = []
    position = 0
    for match in _DIRT.finditer(text):
        start, end = match.span()
        pieces.append(text[position:start])
        offsets.extend(range(position, start))
        position = end
        first = text[start]
        if "\ud800" <= first <= "\udfff":
            pieces.append("\ufffd")
            offsets.append(start)
        elif first.isspace():
            pieces.append(" ")
            offsets.append(start)
        elif len(accents := _IS_ACCENT.findall(text, start, end)) == 1:
            pieces.append(accents[0])  # several on one letter are noise
            offsets.append(start)
    pieces.append(text[position:])
    offsets.extend(range(position, len(text)))
    return _close_gaps("".join(pieces), offsets)


def _close_gaps(text: str, offsets: list[int]) -> tuple[str, Sequence[int]]:
    """Drop spaces at the ends and those that an invisible mark had kept apart."""
    if "  " not in text and not text.startswith(" ") and not text.endswith(" "):
        return text, offsets
    kept = [
        i for i, character in enumerate(text)
        if character != " " or (0 < i < len(text) - 1 and text[i - 1] != " ")
    ]  # fmt: skip
    while kept and text[kept[-1]] == " ":
        kept.pop()
    return "".join([text[i] for i in kept]), [offsets[i] for i in kept]


def _mask(text: str, offsets: Sequence[int]) -> tuple[str, Sequence[int]] | None:
    """One pass over the maskable parts, or None where there are none."""
    pieces: list[str] = []
    moved: list[int] = []
    position = 0
    for match in _MASKS.finditer(text):
        start, end = match.span()
        placeholder = _PLACEHOLDERS[match.lastgroup or ""]
        pieces += (text[position:start], placeholder)
        moved.extend(offsets[position:start])
        # The closing bracket stands for the last masked character, so a span over the placeholder covers all.
        moved.extend([offsets[start]] * (len(placeholder) - 1))
        moved.append(offsets[end - 1])
        position = end
    if position == 0:
        return None
    pieces.append(text[position:])
    moved.extend(offsets[position:])
    return "".join(pieces), moved
