"""Which language a text is in: the script decides first, then a kept identifier for texts in Latin letters."""

from __future__ import annotations

import re

from models.characters import HAN, JAPANESE_KOREAN, LATIN, LETTER
from models.text.english import MAX_CHARACTERS, MIN_WORDS, SURE, has_function_words, probabilities, words_of
from models.text.passages import chinese_in, english_in

_HAN = re.compile(f"[{HAN}\uf900-\ufaff\U00020000-\U0002fa1f]")
_JAPANESE_KOREAN = re.compile(f"[{JAPANESE_KOREAN}]")
_LATIN = re.compile(f"[{LATIN}]")
_LETTER = re.compile(LETTER)


def detect_language(text: str, hint: str | None = None) -> str:
    """`en`, `zh` or `other`, decided by script; the hint settles what script cannot (Latin, no letters)."""
    hinted = (hint or "").replace("_", "-").lower().split("-", 1)[0]
    if text.isascii():
        return "other" if hinted not in ("", "en", "zh") or _LATIN.search(text) is None else "en"
    letters = len(_LETTER.findall(text))
    if letters == 0:
        return hinted if hinted in ("en", "zh") else "other"
    han = len(_HAN.findall(text))
    if len(_JAPANESE_KOREAN.findall(text)) * 5 > letters:
        return "other"
    if han * 4 >= letters:  # one Han character says about as much as a short Latin word
        return "zh"
    if len(_LATIN.findall(text)) * 2 < letters:
        return "other"
    return "en" if hinted in ("", "en", "zh") else "other"


def identify_language(text: str, hint: str | None = None) -> str:
    """`en`, `zh` or `other`: what the model may claim to know. A sure identification overrules a producer's hint,
    which is often the language of a user interface.

    A text is `other` only where nothing in it is English or Chinese: it is judged by the language of what the model
    can read in it, or a foreign sentence would be enough to put harm out of reach.
    """
    whole = _of_whole(text, hint)
    if whole != "other":
        return whole
    english, chinese = english_in(text), chinese_in(text)
    if not english and not chinese:
        return "other"
    return "zh" if chinese * 4 >= english else "en"


def _of_whole(text: str, hint: str | None) -> str:
    script = detect_language(text, hint)
    beginning = text[:MAX_CHARACTERS].lower()
    if script == "zh" or len(beginning.split()) < MIN_WORDS:
        return script
    if has_function_words(words_of(beginning)):
        return "en"
    english, others = probabilities(beginning)
    if others >= SURE:
        return "other"
    return "en" if english >= SURE else script
