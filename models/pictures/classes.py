"""Folders of pictures by class, divided so that no picture and no copy of it stands on both sides."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from models.pictures.decoding import decode
from models.pictures.errors import PictureError, PictureFolderError
from models.pictures.hashing import MAX_DISTANCE, fingerprint, words_of

SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"})
KEPT_SIDE: Final = 640
"""Pixels of the longer side: larger than what any simulated device sends."""
SIDES: Final = ("train", "dev")


@dataclass(frozen=True, slots=True)
class Pictured:
    """A file that stands for a class."""

    path: Path
    class_name: str
    digest: str
    """SHA-256 of the file."""
    hashes: tuple[str, ...]
    """PDQ in eight orientations; none where there is too little to know it by."""
    side: str
    """`train` or `dev` where the folder says so, else empty."""

    def open(self) -> Image.Image:
        """RGB, upright, at most KEPT_SIDE. Raises PictureError."""
        image = decode(self.path.read_bytes()).image
        image.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS)
        return image


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in a folder."""

    pictures: tuple[Pictured, ...]
    unread: dict[str, int]
    """{why a file could not be read: how many}"""

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(sorted({one.class_name for one in self.pictures}))


def read_folder(folder: Path, advance: Callable[[int], None] = lambda _: None) -> Found:
    """Folders of pictures by class, or `train` and `dev` with such folders. Raises PictureFolderError.

    Args:
        advance: is told how many files there are still to read, before each.
    """
    divided = [side for side in SIDES if (folder / side).is_dir()]
    if divided and len(divided) < len(SIDES):
        raise PictureFolderError(f"{folder} has {divided[0]}, but not the other one of {' and '.join(SIDES)}.")
    files = [
        (path, inside.name, side)
        for side in divided or [""]
        for inside in _folders(folder / side)
        for path in sorted(inside.rglob("*"))
        if path.suffix.lower() in SUFFIXES and path.is_file()
    ]
    found, unread = [], Counter[str]()
    for number, (path, class_name, side) in enumerate(files):
        advance(len(files) - number)
        try:
            found.append(_pictured(path, class_name, side))
        except PictureError as error:
            unread[str(error.reason)] += 1
    if len({one.class_name for one in found}) < 2:
        raise PictureFolderError(f"{folder} needs a folder of pictures for each of two classes or more.")
    return Found(tuple(found), dict(unread))


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise PictureFolderError(f"There is no folder {folder}.")
    return sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))


def _pictured(path: Path, class_name: str, side: str) -> Pictured:
    data = path.read_bytes()
    print_ = fingerprint(decode(data).image)
    hashes = print_.hashes if print_.is_telling else ()
    return Pictured(path, class_name, hashlib.sha256(data).hexdigest(), hashes, side)


@dataclass(frozen=True)
class Divided:
    """Pictures to learn from and pictures to measure with."""

    classes: tuple[str, ...]
    train: tuple[Pictured, ...]
    dev: tuple[Pictured, ...]
    copies: int
    """Of train, left out because an equal picture is in dev, or another of train."""
    contradictions: int
    """Left out because an equal picture stands for another class."""

    @cached_property
    def fingerprint(self) -> str:
        """Of all that the division decides."""
        lines = [f"{side} {one.class_name} {one.digest}" for side in SIDES for one in getattr(self, side)]
        return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()

    def counts(self) -> dict[str, dict[str, int]]:
        """{side: {class: pictures}}"""
        return {side: dict(sorted(Counter(one.class_name for one in getattr(self, side)).items())) for side in SIDES}


def divide(found: Found, dev_share: float, seed: int) -> Divided:
    """By the folder's own train and dev, or by chance, each class alike. Raises PictureFolderError.

    Equal pictures are one: files of one hash, and pictures within 31 bits of PDQ in any of the eight orientations.
    Of a group of them the first stays, in dev if any of them is there.
    """
    singles, copies, contradictions = [], 0, 0
    for group in equal_groups(found.pictures):
        if len({one.class_name for one in group}) > 1:
            contradictions += len(group)
            continue
        singles.append(min(group, key=lambda one: (one.side != "dev", one.digest)))
        copies += len(group) - 1
    chosen = _drawn_dev(singles, dev_share, seed) if not singles or not singles[0].side else frozenset[str]()
    dev = tuple(one for one in singles if one.side == "dev" or one.digest in chosen)
    train = tuple(one for one in singles if one.side != "dev" and one.digest not in chosen)
    divided = Divided(found.classes, train, dev, copies, contradictions)
    for side, pictures in divided.counts().items():
        if missing := [name for name in found.classes if not pictures.get(name)]:
            raise PictureFolderError(f"No picture of the class {missing[0]} is left for {side}, copies left out.")
    return divided


def _drawn_dev(pictures: Sequence[Pictured], share: float, seed: int) -> frozenset[str]:
    """Digests. A picture's place does not depend on the other pictures' names."""
    chosen: set[str] = set()
    for name in {one.class_name for one in pictures}:
        digests = [one.digest for one in pictures if one.class_name == name]
        digests.sort(key=lambda digest: hashlib.sha256(f"{seed} {digest}".encode()).digest())
        chosen.update(digests[: max(1, round(share * len(digests)))])
    return frozenset(chosen)


def equal_groups(pictures: Sequence[Pictured]) -> Iterable[list[Pictured]]:
    """Pictures that show the same; what equals one of a group belongs to the group."""
    leader = list(range(len(pictures)))

    def lead(number: int) -> int:
        while leader[number] != number:
            leader[number] = number = leader[leader[number]]
        return number

    first: dict[str, int] = {}
    for number, one in enumerate(pictures):
        leader[lead(number)] = lead(first.setdefault(one.digest, number))
    telling = [number for number, one in enumerate(pictures) if one.hashes]
    upright = words_of([pictures[number].hashes[0] for number in telling])
    for place, number in enumerate(telling):
        for asked in words_of(pictures[number].hashes):
            distances = np.bitwise_count(upright[:place] ^ asked).sum(axis=1)
            for other in np.flatnonzero(distances <= MAX_DISTANCE):
                leader[lead(number)] = lead(telling[other])
    groups: dict[int, list[Pictured]] = {}
    for number, one in enumerate(pictures):
        groups.setdefault(lead(number), []).append(one)
    return groups.values()
