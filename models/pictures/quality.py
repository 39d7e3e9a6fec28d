"""Whether a photograph can be judged at all: size, sharpness, light."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

MIN_SIDE: Final = 160
"""Pixels of the shorter side: at 128 px a classifier trained on larger ones falls from .78 to .43 (a pilot with 127
pictures of skin; .76 if it was trained on such pictures, too)."""
SHARPNESS_SIDE: Final = 256
MIN_SHARPNESS: Final = 12.0
"""Variance of the Laplacian (Pech-Pacheco et al. 2000) of the grey picture at 256 px."""
DARK: Final = 40.0
BRIGHT: Final = 225.0


def faults(image: Image.Image, width: int, height: int) -> tuple[str, ...]:
    """Of `too_small`, `blurred`, `too_dark`, `too_bright`.

    Args:
        image: RGB working copy.
        width: and `height`: of the picture as it was sent.
    """
    small = image.convert("L")
    small.thumbnail((SHARPNESS_SIDE, SHARPNESS_SIDE), Image.Resampling.LANCZOS)
    grey = np.asarray(small, dtype=np.float32)
    light = float(np.median(grey))
    found = {
        "too_small": min(width, height) < MIN_SIDE,
        "blurred": sharpness(grey) < MIN_SHARPNESS,
        "too_dark": light < DARK,
        "too_bright": light > BRIGHT,
    }
    return tuple(name for name, is_so in found.items() if is_so)


def sharpness(grey: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
    """Variance of the Laplacian of a grey picture [height, width] of 0 to 255."""
    if min(grey.shape) < 3:
        return 0.0
    middle = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * middle
    return float(laplacian.var())
