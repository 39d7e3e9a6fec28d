"""Folders by class: what is read, and that copies never stand on both sides."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from models.pictures.classes import divide, read_folder
from models.pictures.errors import PictureFolderError
from tests.support.ladder import drawn_class, drawn_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return drawn_folder(tmp_path / "pictures", 8)


def test_each_class_is_divided_alike_and_by_seed(folder: Path) -> None:
    found = read_folder(folder)
    divided = divide(found, 0.25, 1)
    assert divided.counts() == {side: dict.fromkeys(found.classes, n) for side, n in (("train", 6), ("dev", 2))}
    assert divided == divide(read_folder(folder), 0.25, 1)
    assert {one.digest for one in divided.dev} != {one.digest for one in divide(found, 0.25, 2).dev}


def test_no_copy_of_a_dev_picture_is_learned_from(folder: Path) -> None:
    for seed in range(8):
        image = drawn_class("rings", seed)
        image.save(folder / "rings" / f"again_{seed}.jpg", quality=60)
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).resize((120, 120)).save(folder / "rings" / f"turn_{seed}.png")
    divided = divide(read_folder(folder), 0.25, 1)
    assert divided.copies == 16
    assert divided.counts()["train"]["rings"] == 6


def test_a_given_division_stays_and_copies_leave_train(tmp_path: Path) -> None:
    drawn_folder(tmp_path / "train", 4)
    for name in ("bars", "discs", "rings"):
        (tmp_path / "dev" / name).mkdir(parents=True)
        drawn_class(name, 0).save(tmp_path / "dev" / name / "first.bmp")
    divided = divide(read_folder(tmp_path), 0.5, 1)
    assert divided.copies == 3
    assert divided.counts() == {side: dict.fromkeys(divided.classes, n) for side, n in (("train", 3), ("dev", 1))}


def test_a_picture_of_two_classes_is_of_neither(folder: Path) -> None:
    drawn_class("rings", 1).save(folder / "discs" / "wrong.jpg")
    divided = divide(read_folder(folder), 0.25, 1)
    assert divided.contradictions == 2
    assert "wrong.jpg" not in {one.path.name for one in divided.train + divided.dev}


def test_what_cannot_be_read_is_counted(folder: Path) -> None:
    (folder / "rings" / "broken.png").write_bytes(b"no picture")
    (folder / "rings" / "notes.txt").write_text("no picture either")
    found = read_folder(folder)
    assert found.unread == {"no_known_format": 1}
    assert len(found.pictures) == 24


@pytest.mark.parametrize("made", [[], ["one"], ["train/one"]])
def test_a_folder_without_classes_is_refused(tmp_path: Path, made: list[str]) -> None:
    for name in made:
        (tmp_path / name).mkdir(parents=True)
    with pytest.raises(PictureFolderError):
        read_folder(tmp_path)
