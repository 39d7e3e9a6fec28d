"""The language of a text, as far as its script tells."""

from __future__ import annotations

import re

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f]")
_JAPANESE_KOREAN = re.compile("[\u3040-\u30ff\u1100-\u11ff\uac00-\ud7af]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_LETTER = re.compile(r"[^\W\d_]")


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
