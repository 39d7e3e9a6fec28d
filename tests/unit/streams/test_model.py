"""What a worker refuses to serve."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from models.artifact import CARD, ArtifactError
from streams.model import load_model
from streams.settings import Settings


def test_a_model_of_which_one_bit_changed_is_not_loaded(tiny_artifact: Path, tmp_path: Path) -> None:
    """Not even where the changed file plays no part in serving."""
    folder = Path(shutil.copytree(tiny_artifact, tmp_path / "artifact"))
    content = bytearray((folder / CARD).read_bytes())
    content[0] ^= 1
    (folder / CARD).write_bytes(content)

    with pytest.raises(ArtifactError, match=f"{CARD} .* does not match the hash"):
        load_model(Settings(artifact=folder, device="cpu", threads=1))
