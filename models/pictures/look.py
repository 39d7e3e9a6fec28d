"""All that is found out about one picture, whatever record it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from models.pictures.decoding import decode
from models.pictures.hashing import Fingerprint, fingerprint
from models.pictures.quality import faults
from models.pictures.words import Read, Words, open_reader, words_in


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen in a picture. Nothing of its metadata but its size and format."""

    media_type: str
    width: int
    height: int
    frame_count: int
    frames_seen: int
    fingerprints: tuple[Fingerprint, ...]
    """One for each frame that was looked at."""
    faults: tuple[str, ...]
    words: tuple[Words, ...]
    words_read: bool
    """False where text was not looked for."""


def look_at(data: bytes, read: Read | None) -> Look:
    """Raises PictureError.

    Args:
        read: OCR; None: no text is looked for.
    """
    decoded = decode(data)
    words = [one for frame in decoded.frames for one in words_in(frame, read)] if read else []
    return Look(
        decoded.media_type,
        decoded.width,
        decoded.height,
        decoded.frame_count,
        len(decoded.frames),
        tuple(fingerprint(frame) for frame in decoded.frames),
        faults(decoded.image, decoded.width, decoded.height),
        tuple({one.text: one for one in words}.values()),
        read is not None,
    )


class Looker:
    """What a child process has: OCR, once it was opened."""

    def __init__(self) -> None:
        self._read: Read | None = None

    def open(self) -> None:
        self._read = open_reader()

    def __call__(self, data: bytes, reads_words: bool) -> Look:
        return look_at(data, self._read if reads_words else None)
