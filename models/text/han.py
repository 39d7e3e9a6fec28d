"""Chinese words whose characters are kept apart, or written as they sound ("脑can")."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from models.characters import EMOJI, HAN
from models.text.changes import Changes
from models.text.plain_words import HAN_HIDDEN, HAN_SHORT, HAN_SOUNDS, TRADITIONAL

HAN_SEPARATORS = r" *.\u00b7_|~/+\-"
_IN_HAN = re.compile(f"[{HAN}]")
_SPACED = re.compile(f"(?<![{HAN}])[{HAN}]([{HAN_SEPARATORS}])[{HAN}](?![{HAN}])(?:\\1[{HAN}](?![{HAN}]))++")
LIST = re.compile(f"[\u3001{EMOJI}][{HAN}][\u3001{EMOJI}]")
"""What every list of single characters holds ("油、盐、酱")."""
_LISTED = re.compile(f"(?<![{HAN}])[{HAN}](?:[\u3001{EMOJI}][{HAN}](?![{HAN}]))++")
_SHORTEST_LIST = 3  # characters: fewer are words that an emoji or a comma stands between
_SHORTEST_SENTENCE = 6
_RUN = re.compile(f"[{HAN}]++")
_GAP = re.compile(f" (?<=[{HAN}] )(?=[{HAN}])")
_FEWEST_GAPS = 4
_LATIN = "A-Za-z\u00e0-\u01dc"  # pinyin with its tones
_MIXED = re.compile(f"[{_LATIN}](?:(?<=[{HAN}].)|[{HAN}])")
_SOUND = re.compile(f"[{_LATIN}]++")
_LONGEST = max(map(len, HAN_HIDDEN))
_SIMPLE = str.maketrans(TRADITIONAL)
_APART = re.compile(f"(?<![{HAN}])[{HAN}]++(?:[{HAN_SEPARATORS}{EMOJI}][{HAN}]++)++")
_ODD = (
    rf"(?:[{HAN_SEPARATORS}{EMOJI}\u3001\u3008-\u3011\uff08\uff09()\[\]<>#$%&^@]"
    r"|[.\u3002]{2,6}+|[,\uff0c]{2,6}+|[\u2014\u2026]{1,6}+)"
)
_ODDLY_APART = re.compile(f"(?<![{HAN}])[{HAN}]++(?:{_ODD}[{HAN}]++)++")
_IS_ODD = re.compile(f"{_ODD}[{HAN}]")


def join_han(text: str) -> Changes:
    """Characters with separators: three and more that all stand alone, or the parts of a word that is often hidden.
    As in a list they are joined where they make sentences.
    """
    if text.isascii():
        return {}
    listed = _listed(text)
    characters = [one for run in listed for one in run[0] if _IN_HAN.match(one)]
    is_sentence = len(characters) >= _SHORTEST_SENTENCE and len(HAN_SHORT.intersection(characters)) > 1
    runs = [*_SPACED.finditer(text), *(listed if is_sentence else ())]
    return _between(text, runs) | _joined(text, _APART)


def guess_han(text: str) -> Changes:
    """Parts of hidden words with punctuation between them, or some of them in pinyin; what may be a list; gaps inside
    of words.
    """
    if text.isascii():
        return {}
    changes: dict[int, str] = {}
    if _IS_ODD.search(text):
        lists = [run for run in _listed(text) if len(run[0]) >= 2 * _SHORTEST_LIST - 1]
        changes = _between(text, lists) | _gaps(text) | _joined(text, _ODDLY_APART)
    for sound in _SOUND.finditer(text) if is_mixed(text) else ():
        changes |= _characters(text, *sound.span())
    return changes


def is_mixed(text: str) -> bool:
    """Whether Han and Latin letters touch."""
    return not text.isascii() and _MIXED.search(text) is not None


def _listed(text: str) -> list[re.Match[str]]:
    return list(_LISTED.finditer(text)) if LIST.search(text) else []


def _between(text: str, runs: Iterable[re.Match[str]]) -> Changes:
    """The runs without what stands between their characters."""
    return {i: "" for run in runs for i in range(*run.span()) if _IN_HAN.match(text, i) is None}


def _gaps(text: str) -> Changes:
    """All spaces between characters, where nearly all that stands between them is shorter than the words of a sentence
    are. Text that is divided into words may look so, too.
    """
    gaps = _GAP.findall(text) if " " in text else []
    if len(gaps) < _FEWEST_GAPS:
        return {}
    sizes = [len(run) for run in _RUN.findall(text)]
    is_cut = 5 * sum(size < 3 for size in sizes) >= 4 * len(sizes)
    return {gap.start(): "" for gap in _GAP.finditer(text)} if is_cut else {}


def _joined(text: str, apart: re.Pattern[str]) -> Changes:
    """Hidden words without what stands between their characters."""
    changes: dict[int, str] = {}
    for run in apart.finditer(text):
        places = [place.start() for place in _IN_HAN.finditer(text, *run.span())]
        characters = "".join([text[place] for place in places]).translate(_SIMPLE)
        for first, size in product(range(len(places) - 1), range(2, _LONGEST + 1)):
            inside = places[first : first + size]
            if characters[first : first + size] in HAN_HIDDEN:
                changes |= {i: "" for i in range(inside[0], inside[-1]) if i not in inside}
    return changes


def _characters(text: str, start: int, end: int) -> Changes:
    """The characters of a hidden word that stand in pinyin; the first and the last one keep its ends."""
    sound = "".join([c for c in unicodedata.normalize("NFD", text[start:end].lower()) if c.isalpha()])
    for before, after in product(range(_LONGEST), repeat=2):
        key = f"{text[max(0, start - before) : start]}{sound}{text[end : end + after]}"
        word = SPELT.get(key.translate(_SIMPLE))
        if word is not None:
            meant = word[before : len(word) - after]
            pieces = dict.fromkeys(range(start, end), "") | dict(enumerate(meant[:-1], start))
            return pieces | {end - 1 if len(meant) > 1 or not after else start: meant[-1]}
    return {}


def _spellings(word: str) -> Iterator[str]:
    """The word with some of its characters as they sound, or with the first letter of that, but not all of them."""
    for parts in product(*[_parts(one) for one in word]):
        if _IN_HAN.search("".join(parts)):
            yield "".join(parts)


def _parts(one: str) -> tuple[str, ...]:
    sound = HAN_SOUNDS[one]
    return (one, sound, sound[0], "v") if sound[0] == "w" else (one, sound, sound[0])


SPELT: Mapping[str, str] = {
    spelling: word for word in sorted(HAN_HIDDEN) for spelling in _spellings(word) if spelling not in HAN_HIDDEN
}
