"""A stream as a service sees it: posts that read like posts, most of them clean, the popular ones many times."""

from bisect import bisect_left
from itertools import accumulate

from load.sentences import CHINESE, CHINESE_UNCLEAN, ENGLISH, ENGLISH_UNCLEAN
from load.texts import REALISTIC, Lengths, Writer, name, name_zh

CLEAN_SHARE = 0.9
COPIES_SHARE = 0.3
"""So many posts repeat one of the popular texts, the r-th of them with a chance of 1/r (Zipf's law)."""
POPULAR = 2_000
CHINESE_CHARACTERS_A_WORD = 1.6


class StreamWriter(Writer):
    """Writes posts of clauses, as long as `lengths` says: four in ten Chinese, one in ten unclean."""

    def __init__(self, seed: int, lengths: Lengths = REALISTIC, authors: int = 5_000) -> None:
        super().__init__(seed, lengths, authors)
        self._ranks = list(accumulate(1 / rank for rank in range(1, POPULAR + 1)))
        self._popular: dict[int, str] = {}

    def text(self, number: int) -> str:
        if self._rng.random() >= COPIES_SHARE:
            return self._new(number)
        rank = bisect_left(self._ranks, self._rng.random() * self._ranks[-1])
        if rank not in self._popular:
            self._popular[rank] = self._new(number)
        return self._popular[rank]

    def _new(self, number: int) -> str:
        """Ends with a made-up name that no other number has."""
        words = self._lengths.draw(self._rng)
        is_chinese = self._rng.random() < 0.4
        clauses, unclean = (CHINESE, CHINESE_UNCLEAN) if is_chinese else (ENGLISH, ENGLISH_UNCLEAN)
        parts = [self._rng.choice(unclean)] if self._rng.random() >= CLEAN_SHARE else []
        while _words(parts, is_chinese) < words:
            parts.append(self._rng.choice(clauses))
        if is_chinese:
            return ",".join([*parts, f"问问{name_zh(number)}"])
        return ", ".join([*parts, f"ask {name(number)}"])


def _words(parts: list[str], is_chinese: bool) -> float:
    if is_chinese:
        return sum(map(len, parts)) / CHINESE_CHARACTERS_A_WORD
    return sum(part.count(" ") + 1 for part in parts)
