"""How much of a picture has the colour of skin."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from models.pictures.skin import skin_share
from tests.support.served import GREEN, RED, SKIN, plain


@pytest.mark.parametrize("colour", [SKIN, (255, 219, 172), (198, 134, 66), (141, 85, 36), (90, 56, 37)])
def test_skin_from_close_by_is_told_from_light_to_dark(colour: tuple[int, int, int]) -> None:
    assert skin_share(plain(colour)) > 0.8


@pytest.mark.parametrize("colour", [RED, GREEN, (40, 80, 200)])
def test_other_colours_are_no_skin(colour: tuple[int, int, int]) -> None:
    assert skin_share(plain(colour)) < 0.2


def test_a_share_is_a_share() -> None:
    half = np.full((200, 200, 3), GREEN, np.uint8)
    half[:, :100] = SKIN
    assert skin_share(Image.fromarray(half)) == pytest.approx(0.5, abs=0.05)


def test_what_has_no_colours_counts_as_skin() -> None:
    assert skin_share(plain(SKIN).convert("L").convert("RGB")) == 1.0
