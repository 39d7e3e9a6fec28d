"""Words with spaces inside: between all letters ("k i l l"), or somewhere ("fu ck")."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.text.changes import Changes, proves
from models.text.pieces import PIECE, Run, between, is_word, joined, runs_of
from models.text.plain_words import HIDDEN, LONGEST, SHORT, WORDS, lower_words

_MOST_SPACED = 200  # letters
_MOST_INITIALS = 4  # letters: "U.S.A.F", "a-b-c-d"
_SPACED = re.compile(
    r"(?<![A-Za-z0-9'])[A-Za-z]([ .\-_*/,|~+])[A-Za-z](?![A-Za-z0-9'])(?:\1[A-Za-z](?![A-Za-z0-9']))++"
)
_ONE = "[^ ](?![^ ])"
_SPELT = f"{_ONE}(?: {_ONE})*+"
_APART = re.compile(f"(?<![^ ])(?<! [^ ] ){_SPELT}(?: {{2,}}+{_SPELT})++")
_GAP = re.compile(" {2,}+")
_STRAY = re.compile(r" (?=[.,!?;:](?: |\Z))")  # behind a word, before the mark that belongs to it

_WHOLE = r"(?<![\w'\u2019])[A-Za-z]++(?![\w'\u2019])"
_PHRASE = re.compile(f"{_WHOLE}(?: {_WHOLE})++")
_VOWEL = re.compile("[aeiouyAEIOUY]")
_FEWEST_GAPS = 3  # in words that nobody hides: fewer are mistakes


def join(text: str) -> Changes:
    """Single letters with one separator ("k i l l", "f.u.c.k"), where they are words from end to end; with another
    separator than the space, which shows where a word ends, any others once these show a disguise.
    """
    changes: dict[int, str] = {}
    others: dict[int, str] = {}
    found: list[str] = []
    for match in _SPACED.finditer(text):
        letters = match[0][::2].lower()
        for first, last in ((0, 0), (0, 1), (1, 0), (1, 1)):  # at its ends there may be a letter of a neighbour
            if ends := _split(letters[first : len(letters) - last]):
                for i in range(1, len(letters) - first - last):
                    changes[match.start() + 2 * (first + i) - 1] = " " if i in ends else ""
                if match[1] != " ":
                    found.append(letters)
                elif _STRAY.match(text, match.end()):
                    changes[match.end()] = ""
                break
        else:
            if match[1] != " " and len(letters) > _MOST_INITIALS:
                others |= dict.fromkeys(range(match.start() + 1, match.end(), 2), "")
    return others | changes if proves(found) else changes


def join_apart(text: str) -> Changes:
    """Single characters with spaces, words with wider gaps between them ("k i l l   h i m"): unknown words, too, as the
    gaps show where they end. White space is one space for each character here, and not folded yet.
    """
    changes: dict[int, str] = {}
    for run in _APART.finditer(text) if "  " in text else ():
        spelt = list(_words_apart(text, *run.span()))
        words = ["".join(filter(str.isalpha, text[start:end])).lower() for start, end in spelt]
        is_clear = any(word in HIDDEN or (len(word) > 3 and word in WORDS) for word in words)
        if not is_clear or 2 * sum(word in WORDS or word in SHORT for word in words) < len(words):
            continue
        for start, end in spelt:
            # Where a plain word stands beside it, a single letter may be one: `join` finds that out.
            if text[start - 2 : start] in ("", "  ") and text[end : end + 2] in ("", " ", "  "):
                changes |= dict.fromkeys(range(start + 1, end, 2), "")
    return changes


def _words_apart(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for gap in _GAP.finditer(text, start, end):
        yield start, gap.start()
        start = gap.end()
    yield start, end


def _split(letters: str) -> set[int]:
    """Where the fewest words end that make up the letters; empty where none do, or only abbreviations ("a.k.a")."""
    if len(letters) > _MOST_SPACED:
        return set()
    costs: list[float] = [0.0]
    starts = [0]
    for end in range(1, len(letters) + 1):
        reachable = [
            (costs[start] + (2 if end - start < 3 else 1), start)
            for start in range(max(0, end - LONGEST), end)
            if letters[start:end] in (SHORT if end - start < 3 else WORDS)
        ]
        cost, start = min(reachable, default=(float("inf"), 0))
        costs.append(cost)
        starts.append(start)
    ends: set[int] = set()
    is_clear, end = False, len(letters)
    while end and costs[end] < float("inf"):
        ends.add(end)
        is_clear = is_clear or end - starts[end] > 3 or letters[starts[end] : end] in HIDDEN
        end = starts[end]
    return ends if is_clear else set()


def guess_gaps(text: str) -> Changes:
    """Words with a space inside ("fu ck", "mo ron"): hidden ones, or many of any kind."""
    runs = _gapped(text)
    if len(runs) < _FEWEST_GAPS and not any(joined(run) in HIDDEN for run in runs):
        return {}
    return {i: "" for run in runs for i in between(run)}


def undo_gaps(text: str) -> Changes:
    """The same where one word in ten has a space inside: that is no chance."""
    runs = len(_gapped(text))
    return guess_gaps(text) if runs >= _FEWEST_GAPS and 10 * runs >= text.count(" ") else {}


def _gapped(text: str) -> list[Run]:
    """What makes up a word in pieces that are none; in a text that does it again and again, one of them may be."""
    if GAP_SIGNS.isdisjoint(lower_words(text)):
        return []
    runs: list[Run] = []
    for phrase in _PHRASE.finditer(text):
        pieces = list(PIECE.finditer(text, *phrase.span()))
        runs += [pieces[first:last] for first, last in runs_of(pieces, WORDS)]
    sure = [run for run in runs if _is_gapped(run)]
    return [run for run in runs if not all(map(is_word, run))] if len(sure) >= _FEWEST_GAPS else sure


def _is_gapped(run: Run) -> bool:
    """Real words side by side may make one, too ("pen is")."""
    if any(len(piece[0]) > 2 and is_word(piece) for piece in run) or any(piece[0].istitle() for piece in run[1:]):
        return False
    return any(_VOWEL.search(piece[0]) is None for piece in run) or not any(map(is_word, run))


def _gap_signs() -> Iterator[str]:
    for word in HIDDEN:
        for i in range(1, len(word)):
            yield f"{word[:i]}-{word[i:]}"
            pieces = (word[:i], word[i:])
            yield from [piece for piece in pieces if _VOWEL.search(piece) is None]
            if not any(piece in WORDS or piece in SHORT for piece in pieces):
                yield max(pieces, key=len)


GAP_SIGNS = frozenset(_gap_signs())
"""What betrays a hidden word in two pieces: one that is no word, or both with their hyphen."""
