"""All that is found out about one picture, whatever record it belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PIL import Image

from models.pictures.decoding import decode
from models.pictures.hashing import Fingerprint, fingerprint
from models.pictures.quality import faults
from models.pictures.reader import open_reader
from models.pictures.skin import skin_share
from models.pictures.words import Read, Words, words_in

if TYPE_CHECKING:
    from models.pictures.classifier import PictureClassifier, Served

DIGITS: Final = 4
"""Of probabilities and shares."""


@dataclass(frozen=True, slots=True)
class Classes:
    """What one classifier says of a picture."""

    model: str
    version: str
    probabilities: Mapping[str, float]
    """By class; of several frames the highest."""


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
    classes: tuple[Classes, ...] = ()
    """One for each classifier that was asked."""
    skin: float = 0.0
    """Share of the frame with most of it that has the colour of skin; 0 where no classifier was asked."""


def look_at(data: bytes, read: Read | None, classifiers: Sequence[PictureClassifier] = ()) -> Look:
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
        tuple(_classes(one, decoded.frames) for one in classifiers),
        round(max(map(skin_share, decoded.frames)), DIGITS) if classifiers else 0.0,
    )


def _classes(classifier: PictureClassifier, frames: Sequence[Image.Image]) -> Classes:
    """The frames of a picture are one batch."""
    highest = classifier.probabilities(frames).max(axis=0).tolist()
    shares = (round(min(1.0, max(0.0, value)), DIGITS) for value in highest)  # a sum of floats may lie a little off
    told = dict(zip(classifier.classes, shares, strict=True))
    return Classes(classifier.manifest.name, classifier.manifest.full_version, told)


class Looker:
    """What a child process has: OCR and classifiers, once they were opened."""

    def __init__(self) -> None:
        self._read: Read | None = None
        self._classifiers: dict[str, list[PictureClassifier]] = {}

    def open(self, reads_words: bool = True, served: Sequence[Served] = ()) -> None:
        if reads_words:
            self._read = open_reader()
        if not served:
            return
        from models.pictures.classifier import PictureClassifier  # whoever has none does without the runtime

        for manifest, model in served:
            self._classifiers.setdefault(manifest.task, []).append(PictureClassifier(manifest, model))

    def __call__(self, data: bytes, reads_words: bool, task: str = "") -> Look:
        return look_at(data, self._read if reads_words else None, self._classifiers.get(task, ()))
