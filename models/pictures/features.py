"""A picture as the numbers that a classifier takes: its pixels, or gradients and colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Table = NDArray[np.float32]
Kind = Literal["pixels", "gradients"]
Resampling = Literal["bicubic", "bilinear"]

GRADIENT_SIDE: Final = 128
CELL: Final = 16
ORIENTATIONS: Final = 9
COLOUR_BINS: Final = 16


def pixels(
    image: Image.Image, side: int, mean: Sequence[float], deviation: Sequence[float], whole: int = 0,
    resampling: Resampling = "bicubic",
) -> Table:  # fmt: skip
    """[3, side, side]. The whole picture, pressed to a square.

    Args:
        image: RGB.
        side: pixels.
        mean: of each channel, of 1, as the encoder was trained with; `deviation` likewise.
        whole: pixels of the square that it is pressed to where only the middle of that is taken; 0: all is taken.
    """
    square = (whole or side,) * 2
    small = image.resize(square, Image.Resampling[resampling.upper()])
    edge = (square[0] - side) // 2
    taken = np.asarray(small.crop((edge, edge, edge + side, edge + side)), dtype=np.float32) / 255
    values = (taken - np.asarray(mean, dtype=np.float32)) / np.asarray(deviation, dtype=np.float32)
    return np.ascontiguousarray(values.transpose(2, 0, 1))


def gradients_and_colours(image: Image.Image) -> Table:
    """[features]: histograms of oriented gradients (Dalal and Triggs 2005) and of hue, saturation and value.

    Raises ImportError where scikit-image is not installed.
    """
    from skimage.feature import hog

    small = image.resize((GRADIENT_SIDE, GRADIENT_SIDE), Image.Resampling.BICUBIC)
    grey = np.asarray(small.convert("L"), dtype=np.float32) / 255
    shape = hog(grey, ORIENTATIONS, (CELL, CELL), (2, 2), block_norm="L2-Hys")
    channels = np.asarray(small.convert("HSV")).reshape(-1, 3)
    colours = [np.histogram(channels[:, one], COLOUR_BINS, (0, 256))[0] / len(channels) for one in range(3)]
    return np.concatenate([shape, np.sqrt(np.concatenate(colours))]).astype(np.float32)
