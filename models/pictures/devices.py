"""Simulated devices: what other phones, webcams and messengers make of the same picture.

Sixteen fixed ones measure whether a classifier's answers depend on the device, and drawn ones teach it not to. They are
simulated: no measurement with them stands for one with real devices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image, ImageFilter

Random = np.random.Generator
_CORNER: Final = 2.0
"""Squared distance of a corner from the middle, where an edge is 1 away."""
_BEST_QUALITY: Final = 100


@dataclass(frozen=True, slots=True)
class Device:
    """A way from a scene to a file. The defaults change nothing."""

    side: int | None = None
    """Pixels of the longer side, at most."""
    quality: int = _BEST_QUALITY
    """Of JPEG; 100: it is not compressed."""
    passes: int = 1
    """How often it is compressed, each time after a shift by a few pixels in size, as messengers do."""
    blur: float = 0.0
    """Radius as a share of the longer side."""
    noise: float = 0.0
    """Standard deviation, of 255."""
    light: float = 1.0
    warmth: float = 0.0
    """Share by which red gains and blue loses; below 0 the light is cold."""
    vignette: float = 0.0
    """Share of the light that the corners lose."""
    turn: float = 0.0
    """Degrees, against the clock."""

    def take(self, image: Image.Image, random: Random) -> Image.Image:
        """The picture as this device would have sent it. `random` is for the noise alone.

        Args:
            image: RGB.
        """
        if self.turn:
            middle = tuple(int(one) for one in np.asarray(image).mean(axis=(0, 1)))
            image = image.rotate(self.turn, Image.Resampling.BICUBIC, expand=True, fillcolor=middle)
        if self.side is not None and max(image.size) > self.side:
            image = _resized(image, self.side)
        if self.blur:
            image = image.filter(ImageFilter.GaussianBlur(self.blur * max(image.size)))
        return self._compressed(self._lit(image, random))

    def _lit(self, image: Image.Image, random: Random) -> Image.Image:
        if (self.light, self.warmth, self.vignette, self.noise) == (1.0, 0.0, 0.0, 0.0):
            return image
        values = np.asarray(image, dtype=np.float32) * self.light
        values = values * np.array([1 + self.warmth, 1, 1 - self.warmth], dtype=np.float32)
        if self.vignette:
            height, width = values.shape[:2]
            down, across = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None, :]
            values = values * (1 - self.vignette * (down**2 + across**2) / _CORNER)[:, :, None]
        if self.noise:
            values = values + random.normal(0, self.noise, values.shape)
        return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))

    def _compressed(self, image: Image.Image) -> Image.Image:
        if self.quality == _BEST_QUALITY:
            return image
        for number in range(self.passes):
            if number:  # blocks of 8 pixels fall elsewhere, or a second pass would change next to nothing
                image = _resized(image, max(16, round(max(image.size) * 0.97)))
            file = BytesIO()
            image.save(file, "JPEG", quality=self.quality)
            image = Image.open(file, formats=("JPEG",)).convert("RGB")
        return image


DEVICES: Final[Mapping[str, Device]] = {
    "512 px": Device(side=512, quality=85),
    "256 px": Device(side=256, quality=80),
    "128 px": Device(side=128, quality=75),
    "96 px": Device(side=96, quality=60),
    "64 px": Device(side=64, quality=60),
    "quality 10": Device(quality=10),
    "forwarded three times": Device(side=512, quality=50, passes=3),
    "blurred": Device(blur=0.01, quality=85),
    "noisy": Device(side=512, noise=20, quality=80),
    "dark": Device(light=0.45, noise=4, quality=85),
    "bright": Device(light=1.5, quality=85),
    "cold light": Device(warmth=-0.2, quality=85),
    "warm light": Device(warmth=0.2, quality=85),
    "vignette": Device(vignette=0.7, quality=85),
    "turned 90": Device(turn=90, quality=85),
    "tilted 12": Device(turn=12, quality=85),
}
"""What is measured. Sizes and qualities change the answer most, and come first."""


def drawn_device(random: Random) -> Device:
    """One to train with: of the same kinds as those that are measured, in other measures and mixed."""

    def at_times(share: float, low: float, high: float, otherwise: float) -> float:
        return float(random.uniform(low, high)) if random.random() < share else otherwise

    return Device(
        side=int(np.exp(random.uniform(np.log(56), np.log(640)))),
        quality=int(random.integers(10, 96)),
        passes=int(random.integers(1, 4)),
        blur=at_times(0.25, 0.002, 0.012, 0.0),
        noise=at_times(0.25, 2, 24, 0.0),
        light=at_times(0.4, 0.4, 1.6, 1.0),
        warmth=at_times(0.4, -0.25, 0.25, 0.0),
        vignette=at_times(0.2, 0.2, 0.8, 0.0),
        turn=at_times(0.25, -20, 20, 0.0) + 90.0 * float(random.integers(0, 4) if random.random() < 0.3 else 0),
    )


def _resized(image: Image.Image, side: int) -> Image.Image:
    scale = side / max(image.size)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.LANCZOS)
