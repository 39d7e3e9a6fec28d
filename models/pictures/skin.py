"""How much of a picture has the colour of skin: a guard for models that take every close-up of skin for nudity."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

SIDE: Final = 96
BLUE: Final = (77, 127)
RED: Final = (133, 173)
"""Of the colour differences Cb and Cr: they differ little between light and dark skin (Chai and Ngan 1999)."""
COLOURLESS: Final = 4.0
"""Mean distance from grey below which a picture has no colour to tell anything by."""


def skin_share(image: Image.Image) -> float:
    """Share of the pixels that have the colour of skin; 1 where the picture has no colours: it cannot be told then.

    Args:
        image: RGB.
    """
    small = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR).convert("YCbCr")
    _, blue, red = np.moveaxis(np.asarray(small, dtype=np.float32), -1, 0)
    if float(np.abs(blue - 128).mean() + np.abs(red - 128).mean()) < COLOURLESS:
        return 1.0
    is_skin = (blue >= BLUE[0]) & (blue <= BLUE[1]) & (red >= RED[0]) & (red <= RED[1])
    return float(is_skin.mean())
