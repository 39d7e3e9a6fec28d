"""Training pictures as drawn devices would have sent them. Everything is drawn by seed, step and row alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from models.pictures.classes import Pictured
from models.pictures.devices import Random, drawn_device
from models.pictures.features import pixels
from models.training.pictures.recipe import SeenThrough

_KEPT = 1000
"""Pictures that stay unpacked: about a megabyte each."""
_THREADS = 4
_SMALLEST_CROP = 0.8


class Views:
    """Draws views of pictures."""

    def __init__(self, pictures: Sequence[Pictured], classes: Sequence[str], rules: SeenThrough, seed: int) -> None:
        self._rules, self._seed = rules, seed
        self._open = lru_cache(_KEPT)(lambda number: pictures[number].open())
        self.truth = np.array([classes.index(one.class_name) for one in pictures], dtype=np.int64)

    def drawn(self, step: int, rows: int) -> tuple[list[Image.Image], Tensor]:
        """Images and classes of one step, which repeats what it was where a run goes on."""
        numbers = np.random.default_rng([self._seed, step]).integers(0, len(self.truth), rows)
        with ThreadPoolExecutor(_THREADS) as threads:
            images = list(threads.map(self._seen, numbers, [step] * rows, range(rows)))
        return images, torch.from_numpy(self.truth[numbers])

    def all(self) -> Iterator[tuple[Image.Image, int]]:
        """Every picture as it is, and then its copies, each with its class."""
        for number, truth in enumerate(self.truth):
            yield self._open(number), int(truth)
            for copy in range(self._rules.copies):
                random = np.random.default_rng([self._seed, number, copy, 1])
                yield drawn_device(random).take(self._open(number), random), int(truth)

    def __len__(self) -> int:
        """How many `all` gives."""
        return len(self.truth) * (1 + self._rules.copies)

    def _seen(self, number: int, step: int, row: int) -> Image.Image:
        random = np.random.default_rng([self._seed, step, row, 2])
        image = _cropped(self._open(int(number)), random)
        return drawn_device(random).take(image, random) if random.random() < self._rules.share else image


def _cropped(image: Image.Image, random: Random) -> Image.Image:
    """A large part of the picture, mirrored or not."""
    share = random.uniform(_SMALLEST_CROP, 1)
    width, height = int(image.width * share), int(image.height * share)
    left, top = (int(random.integers(0, room + 1)) for room in (image.width - width, image.height - height))
    part = image.crop((left, top, left + width, top + height))
    return part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if random.random() < 0.5 else part


def stacked(images: Sequence[Image.Image], side: int, mean: Sequence[float], deviation: Sequence[float]) -> Tensor:
    """[images, 3, side, side]"""
    return torch.from_numpy(np.stack([pixels(image, side, mean, deviation) for image in images]))
