"""References lead into the store and nowhere else."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from models.pictures.errors import NotLooked, PictureError
from schemas import Picture
from streams.pictures.store import Store, StoreError, checked


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "inside" / "deep").mkdir(parents=True)
    (tmp_path / "inside" / "deep" / "cat.jpg").write_bytes(b"a cat")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (tmp_path / "inside" / "large.jpg").write_bytes(b"x" * 101)
    (tmp_path / "inside" / "way_out").symlink_to(tmp_path / "secret.jpg")
    return Store(str(tmp_path / "inside"), max_bytes=100)


async def test_a_reference_is_a_path_below_the_prefix(store: Store) -> None:
    assert await store.fetch(Picture(ref="deep/cat.jpg")) == b"a cat"


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        ("../secret.jpg", NotLooked.OUTSIDE),
        ("deep/../../secret.jpg", NotLooked.OUTSIDE),
        ("/etc/passwd", NotLooked.OUTSIDE),
        ("http://169.254.169.254/latest", NotLooked.OUTSIDE),
        ("file:///etc/passwd", NotLooked.OUTSIDE),
        ("deep\\cat.jpg", NotLooked.OUTSIDE),
        ("cat\0.jpg", NotLooked.OUTSIDE),
        ("way_out", NotLooked.NOT_FOUND),
        ("deep", NotLooked.NOT_FOUND),
        ("dog.jpg", NotLooked.NOT_FOUND),
        ("large.jpg", NotLooked.TOO_LARGE),
    ],
)
async def test_anything_else_is_refused(store: Store, ref: str, reason: NotLooked) -> None:
    with pytest.raises(PictureError) as caught:
        await store.fetch(Picture(ref=ref))
    assert caught.value.reason is reason


async def test_an_object_store_is_a_prefix_like_any_other() -> None:
    import fsspec

    fsspec.filesystem("memory").pipe("/pictures/cat.jpg", b"a cat")
    assert await Store("memory://pictures").fetch(Picture(ref="cat.jpg")) == b"a cat"


def test_a_store_of_no_known_kind_stops_the_start() -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        Store("gopher://pictures")


def test_another_file_under_the_same_name_is_not_the_picture() -> None:
    digest = sha256(b"a cat").hexdigest()
    assert checked(Picture(ref="x", sha256=digest.upper(), size=5), b"a cat") == digest
    for changed in (Picture(ref="x", sha256="0" * 64), Picture(ref="x", size=6)):
        with pytest.raises(PictureError) as caught:
            checked(changed, b"a cat")
        assert caught.value.reason is NotLooked.CHANGED
