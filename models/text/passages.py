"""Passages in English or Chinese inside a text in another language: nobody gets out of reach by a foreign sentence."""

from __future__ import annotations

import re

from models.characters import HAN, LATIN
from models.text.english import is_english, words_of

MIN_HAN = 3
MANY_HAN = 12
"""Characters of a run without a mark of Chinese, too many for a name: the longest of 990 Japanese texts has 8."""
PARTICLES = frozenset("我你他她們们這这那哪的了是就都不沒没在有說说會会要想去吗嗎呢吧啊")
"""Two of them in one run mark it as Chinese: no run of those Japanese texts has them, nor a simplified character."""

_BREAK = re.compile(rf"[.!?。！？…:：;；\n]++|(?:(?![{LATIN}])[^\W\d_])++")
_HAN_RUN = re.compile(rf"[{HAN}](?:[^\w。！？!?…\n]*+[{HAN}])*+")
_HAN = re.compile(f"[{HAN}]")
_JAPANESE_WRITES = "shift_jis"


def english_in(text: str) -> int:
    """Latin letters of the English passages. One ends with its sentence, and where the script changes."""
    passages = (words for part in _BREAK.split(text) if (words := words_of(part)))
    return sum(len("".join(words)) for words in passages if is_english(words))


def chinese_in(text: str) -> int:
    """Han characters of the runs that are Chinese, whatever stands beside them: kana end a run, and so do sentences."""
    runs = ("".join(_HAN.findall(run)) for run in _HAN_RUN.findall(text))
    return sum(len(run) for run in runs if len(run) >= MIN_HAN and _is_chinese(run))


def _is_chinese(run: str) -> bool:
    if len(run) >= MANY_HAN or len(PARTICLES.intersection(run)) >= 2:
        return True
    return len(run.encode(_JAPANESE_WRITES, "ignore")) < 2 * len(run)
