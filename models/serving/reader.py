"""What of a record's text the model reads: all of it where it fits, windows of a longer one, and only known words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.serving.encoder import Encoder
from models.serving.reading import Range, Reading
from models.serving.windows import windows

MAX_WINDOWS = 8
UNKNOWN_LIMIT = 0.3
"""Share of a text's letters that may be missing in the vocabulary. Of 62,784 English and 31,907 Chinese ordinary texts
none and 1 in 1,500 has more; sentences in scripts that the model was not trained for have 0.65 and more."""
ENOUGH_LETTERS = 12
"""Known letters that make a part worth reading: an insult between Thai words is, "NATO" in a Korean headline is not."""

_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")
_JAPANESE_KOREAN = re.compile("[\u3040-\u30ff\u1100-\u11ff\uac00-\ud7af]")


class Reader:
    """Encodes readings. Thread-safe; the same text always gives the same readings."""

    def __init__(self, encoder: Encoder, max_windows: int = MAX_WINDOWS) -> None:
        """`max_windows`: parts of a long text that are read, each of the model's `max_tokens`."""
        self._encoder = encoder
        self._max_windows = max_windows

    def encode(self, readings: Sequence[Reading]) -> None:
        """Fills in the encodings, cut where a text is too long."""
        encodings = self._encoder.encode([reading.text for reading in readings])
        for reading, encoding in zip(readings, encodings, strict=True):
            reading.encoding = encoding

    def refined(self, reading: Reading) -> list[Reading]:
        """An encoded reading as the model can read it: itself, its windows, or what is left without unknown words.

        Empty where nothing is left that says something.
        """
        encoding = reading.encoding
        assert encoding is not None
        if not encoding.is_cut and not encoding.has_unknown:
            return [reading]
        parts = self._windows(reading) if encoding.is_cut else [reading]
        return [known for part in parts if (known := self._without_unknown(part)) is not None]

    def _windows(self, reading: Reading) -> list[Reading]:
        head = reading.start and len(self._encoder.tokens_of(reading.text[: reading.start]))
        places = self._encoder.tokens_of(reading.text[reading.start :]).tolist()
        room = self._encoder.max_tokens - self._encoder.encode([""])[0].tokens - head
        parts = [reading.part([one]) for one in windows(places, room, self._max_windows)]
        self.encode(parts)
        return parts

    def _without_unknown(self, reading: Reading) -> Reading | None:
        assert reading.encoding is not None
        if not reading.encoding.has_unknown:
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
    """Han characters between Japanese or Korean ones are words of those languages, which the model does not know."""
    han = 0 if _JAPANESE_KOREAN.search(whole) else len(_HAN.findall(known))
    return len(_LATIN.findall(known)) + 2 * han >= ENOUGH_LETTERS
