"""Photographs that nobody could judge are named."""

from __future__ import annotations

import pytest
from PIL import Image, ImageEnhance, ImageFilter

from models.pictures.quality import faults
from tests.support.drawn import scene


@pytest.mark.parametrize(
    ("image", "found"),
    [
        (scene(), ()),
        (scene().filter(ImageFilter.GaussianBlur(14)), ("blurred",)),
        (ImageEnhance.Brightness(scene()).enhance(0.1), ("blurred", "too_dark")),
        (ImageEnhance.Brightness(scene()).enhance(9.0), ("too_bright",)),
    ],
)
def test_faults_are_named(image: Image.Image, found: tuple[str, ...]) -> None:
    assert set(found) <= set(faults(image, *image.size))
    if not found:
        assert faults(image, *image.size) == ()


def test_size_is_that_of_the_picture_as_it_was_sent() -> None:
    assert faults(scene(), 128, 96) == ("too_small",)


def test_a_picture_of_a_few_pixels_is_blurred_and_breaks_nothing() -> None:
    assert "blurred" in faults(Image.new("RGB", (8, 2), "grey"), 8, 2)
