"""Pictures that the tests draw: nothing of anybody else's is needed."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont


def scene(width: int = 640, height: int = 480, seed: int = 0) -> Image.Image:
    """A picture with something to know it by."""
    random = np.random.default_rng(seed)
    patches = (random.random((12, 16, 3)) * 255).astype(np.uint8)
    image = Image.fromarray(patches).resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        x, y = int(random.integers(0, width)), int(random.integers(0, height))
        colour = tuple(int(one) for one in random.integers(0, 255, 3))
        draw.ellipse((x - width // 9, y - height // 9, x + width // 9, y + height // 9), fill=colour)
    return image


def meme(lines: Sequence[str], size: int = 48, background: str = "#5a783c") -> Image.Image:
    """White capitals with a black outline, as memes have them."""
    image = Image.new("RGB", (800, 600), background)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size)
    for number, line in enumerate(lines):
        draw.text((60, 30 + 1.4 * size * number), line, font=font, fill="white", stroke_width=3, stroke_fill="black")
    return image


def as_file(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture's bytes in a format."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
