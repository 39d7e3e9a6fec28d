"""Golden pictures: drawn ones, with what a classifier said of them when it was made."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from models.artifact import GOLDEN, MANIFEST
from models.model_files import file_hash
from models.pictures.classifier import GoldenPicture, GoldenPictures, PictureClassifier

TOLERANCE: Final = 0.02
_CASES: Final = 4


def write_golden(folder: Path, classifier: PictureClassifier) -> None:
    """Drawn pictures: those of the training are the user's, and may be anybody's."""
    cases = []
    for number in range(_CASES):
        random = np.random.default_rng(number)
        patches = Image.fromarray((random.random((6, 8, 3)) * 255).astype(np.uint8))
        file = f"golden_{number}.png"
        image = patches.resize((128, 96), Image.Resampling.BICUBIC)
        image.save(folder / file)
        cases.append(GoldenPicture(file=file, expected=tuple(map(float, classifier.probabilities([image])[0]))))
    golden = GoldenPictures(tolerance=TOLERANCE, cases=tuple(cases))
    (folder / GOLDEN).write_text(golden.model_dump_json(indent=2) + "\n", encoding="utf-8")


def file_hashes(folder: Path) -> dict[str, str]:
    """{name: SHA-256} of all that lies in the folder but its manifest."""
    return {path.name: file_hash(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST}
