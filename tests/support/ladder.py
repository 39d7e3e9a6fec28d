"""Folders of drawn pictures by class, and a tiny encoder with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

CLASSES = ("bars", "discs", "rings")


def drawn_class(name: str, seed: int, size: int = 160) -> Image.Image:
    """A picture of one of CLASSES on a background with something to know it by."""
    random = np.random.default_rng([CLASSES.index(name), seed])
    patches = (random.random((6, 6, 3)) * 120).astype(np.uint8)
    image = Image.fromarray(patches).resize((size, size), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    light = tuple(int(one) for one in random.integers(180, 256, 3))
    for _ in range(3):
        x, y = (int(one) for one in random.integers(size // 5, 4 * size // 5, 2))
        reach = size // 6
        box = (x - reach, y - reach, x + reach, y + reach)
        if name == "bars":
            draw.rectangle((x - reach, y - reach // 5, x + reach, y + reach // 5), fill=light)
        elif name == "discs":
            draw.ellipse(box, fill=light)
        else:
            draw.ellipse(box, outline=light, width=reach // 4)
    return image


def drawn_folder(folder: Path, pictures: int = 12) -> Path:
    """So many PNG files of each class."""
    for name in CLASSES:
        (folder / name).mkdir(parents=True)
        for seed in range(pictures):
            drawn_class(name, seed).save(folder / name / f"{seed}.png")
    return folder


def tiny_encoder(folder: Path) -> Path:
    """Random weights and a licence text."""
    import torch
    from transformers import ResNetConfig, ResNetModel

    torch.manual_seed(3)
    shape = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic")
    ResNetModel(shape).save_pretrained(folder)
    (folder / "LICENSE").write_text("A licence.\n")
    return folder
