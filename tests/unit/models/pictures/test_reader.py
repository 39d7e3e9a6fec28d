"""OCR by the package's models, and the spaces that they are unsure of."""

from __future__ import annotations

import random

import numpy as np
import pytest

from load.drawing import outlined_capitals
from models.pictures.reader import FAINT, clear_spaces, open_reader
from models.pictures.words import words_in

SPACE = 3


def columns(*probabilities: tuple[float, float, float, float]) -> np.ndarray:
    """One line of columns: nothing, two characters, and the space."""
    return np.array([probabilities], dtype=np.float32)


@pytest.mark.parametrize(
    ("column", "winner"),
    [
        ((0.9, 0.01, 0.01, 0.08), SPACE),
        ((1 - FAINT / 2, 0.0, 0.0, FAINT / 2), 0),
        ((0.3, 0.6, 0.0, 0.1), 1),
        ((0.2, 0.0, 0.0, 0.8), SPACE),
    ],
)
def test_a_faint_space_stands_where_nothing_would_and_never_for_a_character(
    column: tuple[float, float, float, float], winner: int
) -> None:
    cleared = clear_spaces(columns((0.0, 1.0, 0.0, 0.0), column), SPACE)
    assert cleared.argmax(axis=2).tolist() == [[1, winner]]
    assert cleared.sum(axis=2) == pytest.approx(1.0)


def test_words_in_outlined_capitals_are_apart() -> None:
    text = "The end of a tale: why would I wait for it"
    (found,) = words_in(outlined_capitals(text, "en", random.Random(1)), open_reader())
    assert found.text == text
