"""Known pictures are known again, and others are not."""

from __future__ import annotations

import pytest
from PIL import Image

from models.pictures.decoding import decode
from models.pictures.hashing import MAX_DISTANCE, fingerprint, nearest, words_of
from tests.support.drawn import as_file, scene

CHANGES = {
    "quality 75": lambda image: as_file(image, quality=75),
    "quality 30": lambda image: as_file(image, quality=30),
    "quality 10": lambda image: as_file(image, quality=10),
    "webp": lambda image: as_file(image, "WEBP", quality=40),
    "half": lambda image: as_file(image.resize((320, 240))),
    "thumbnail": lambda image: as_file(image.resize((128, 96))),
    "grey": lambda image: as_file(image.convert("L")),
    "mirrored": lambda image: as_file(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    "turned": lambda image: as_file(image.transpose(Image.Transpose.ROTATE_90)),
}
SCENES = [scene(seed=seed) for seed in range(20)]
KNOWN = words_of([fingerprint(image).hashes[0] for image in SCENES])


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_picture_is_known_again(change: str) -> None:
    found = [nearest(KNOWN, words_of(fingerprint(decode(CHANGES[change](image)).image).hashes)) for image in SCENES]
    right = sum(position == number and distance <= MAX_DISTANCE for number, (position, distance) in enumerate(found))
    assert right >= 0.95 * len(SCENES)


def test_other_pictures_are_not_known() -> None:
    for seed in range(100, 140):
        assert nearest(KNOWN, words_of(fingerprint(scene(seed=seed)).hashes))[1] > MAX_DISTANCE


def test_an_empty_picture_tells_nothing() -> None:
    assert not fingerprint(Image.new("RGB", (200, 200), "white")).is_telling
    assert fingerprint(SCENES[0]).is_telling


def test_nothing_is_nearest_among_none() -> None:
    assert nearest(words_of([]), words_of(["0" * 64]))[0] == -1
    with pytest.raises(ValueError, match="64 hexadecimal"):
        words_of(["00"])
