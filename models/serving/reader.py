"""What of a record's text the model reads: all of it where it fits, windows of a longer one, and only known words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.characters import HAN, JAPANESE_KOREAN, LATIN, LETTER
from models.serving.encoder import Encoder
from models.serving.reading import Range, Reading
from models.serving.windows import spread, windows
from models.text.passages import chinese_in, english_in

MAX_WINDOWS = 24
SKIMMED = 2
"""For each window that all layers read, so many are skimmed where a text has them: 72 windows together hold 20,000
characters of English, the longest text of a record, or 6,400 of Chinese. To skim one takes a third of the time."""
WHOLE_TOKENS = 96
"""Up to here a text is read in one go: the length of the rows that the model was trained on. A sentence alone in a
longer text is thinned by the others: of posts with more tokens in four foreign sets (246), AUROC is .833 read whole,
.844 in windows of 96 that begin anywhere, and .868 in windows of WINDOW_TOKENS that begin with a sentence. Ordinary
texts of 90 domains are labelled as often (5.1 and 5.2 %)."""
WINDOW_TOKENS = 80
OVERLAP_TOKENS = 12
SLACK = 4
"""Tokens left free: a part that begins inside a word may take one or two more than it did in the whole."""
UNKNOWN_LIMIT = 0.3
"""Share of a text's letters that may be missing in the vocabulary. Of 1,500 English and 1,500 Chinese ordinary texts
none and one have more; sentences in scripts that the model was not trained for have 0.65 and more."""
ENOUGH_LETTERS = 12
"""Known letters that make a part worth reading: an insult between Thai words is, "NATO" in a Korean headline is not."""

_LATIN = re.compile(f"[{LATIN}]")
_HAN = re.compile(f"[{HAN}]")
_LETTER = re.compile(LETTER)
_JAPANESE_KOREAN = re.compile(f"[{JAPANESE_KOREAN}]")


class Reader:
    """Encodes readings. Thread-safe; the same text always gives the same readings."""

    def __init__(self, encoder: Encoder, max_windows: int = MAX_WINDOWS, skims: bool = False) -> None:
        """`max_windows`: parts that all layers read of a long text; its end is always one. `skims`: whether the engine
        can answer others early where they are clean.
        """
        self._encoder = encoder
        self._max_windows = max_windows
        self._most = max_windows * (1 + SKIMMED) if skims else max_windows

    def encode(self, readings: Sequence[Reading]) -> None:
        """Fills in the encodings, cut where a text is too long."""
        encodings = self._encoder.encode([reading.text for reading in readings])
        for reading, encoding in zip(readings, encodings, strict=True):
            reading.encoding = encoding

    def refined(self, reading: Reading) -> list[Reading]:
        """An encoded reading as the model can read it: itself, its windows, or what is left without unknown words.

        Empty where nothing is left that says something.
        """
        parts = self._windows(reading) if self._is_long(reading) else [reading]
        return [known for part in parts if (known := self._without_unknown(part)) is not None]

    def needs_refining(self, reading: Reading) -> bool:
        """Whether `refined` would change an encoded reading."""
        return self._is_long(reading) or (reading.encoding is not None and reading.encoding.unknown > 0)

    def _is_long(self, reading: Reading) -> bool:
        encoding = reading.encoding
        return encoding is not None and (encoding.is_cut or (encoding.tokens > WHOLE_TOKENS and reading.start == 0))

    def _windows(self, reading: Reading) -> list[Reading]:
        """A text behind fields is read whole where it fits: what it complains of belongs together."""
        body = reading.text[reading.start :]
        width = WINDOW_TOKENS
        if reading.start:
            head = self._encoder.encode([reading.text[: reading.start]])[0].tokens
            width = max(WINDOW_TOKENS, self._encoder.max_tokens - SLACK - head)
        most = self._max_windows if reading.start else self._most  # of a complaint nothing is skimmed
        ranges = windows(body, self._encoder.tokens_of(body).tolist(), width, OVERLAP_TOKENS, most)
        parts = [reading.part([one]) for one in ranges]
        whole = set(spread(len(parts), self._max_windows))
        for place, part in enumerate(parts):
            part.is_skimmed = place not in whole
        self.encode(parts)
        return parts

    def _without_unknown(self, reading: Reading) -> Reading | None:
        assert reading.encoding is not None
        if not reading.encoding.unknown:
            return reading
        body = reading.text[reading.start :]
        unknown = [
            (max(0, first - reading.start), last - reading.start)
            for first, last in self._encoder.unknown_in(reading.encoding).tolist()
            if last > reading.start
        ]
        missed = sum(len(_LETTER.findall(body, first, last)) for first, last in unknown)
        if missed <= UNKNOWN_LIMIT * len(_LETTER.findall(body)):
            return reading
        known = reading.part(_between(unknown, len(body)))
        if not _says_something(known.text[known.start :], body):
            return None
        self.encode([known])
        return known


def _between(ranges: Sequence[Range], end: int) -> list[Range]:
    edges = [0, *(edge for one in ranges for edge in one), end]
    return [(first, last) for first, last in zip(edges[::2], edges[1::2], strict=True) if first < last]


def _says_something(known: str, whole: str) -> bool:
    """Han characters beside Japanese or Korean ones may be words of those languages, which the model does not know."""
    if english_in(whole) or chinese_in(whole):
        return True
    han = 0 if _JAPANESE_KOREAN.search(whole) else len(_HAN.findall(known))
    return len(_LATIN.findall(known)) + 2 * han >= ENOUGH_LETTERS
