"""Lists of known pictures."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from models.pictures.hashing import Fingerprint, fingerprint
from streams.pictures.known import KnownPictures, KnownPicturesError
from tests.support.drawn import scene

PRINT = fingerprint(scene(seed=1))
HEAD = "hash,label,action,expires\n"


def listed(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "known.csv"
    path.write_text(head + "".join(f"{line}\n" for line in lines), "utf-8")
    return path


def test_the_nearest_entry_that_holds_is_found(tmp_path: Path) -> None:
    path = listed(
        tmp_path,
        f"{PRINT.hashes[0]},old,remove,2026-01-31",
        f"{PRINT.hashes[3].upper()},new,review,",
        f"{'0' * 64},x,allow,",
    )
    known = KnownPictures.load(path)
    match = known.find([PRINT], today=date(2026, 11, 26))
    assert match is not None
    assert (match.entry.label, match.entry.action, match.distance) == ("new", "review", 0)
    earlier = known.find([PRINT], today=date(2026, 1, 31))
    assert earlier is not None
    assert earlier.entry.label == "old"
    assert known.find([fingerprint(scene(seed=2))]) is None


def test_a_picture_that_tells_nothing_is_nobody(tmp_path: Path) -> None:
    known = KnownPictures.load(listed(tmp_path, f"{'0' * 64},x,remove,"))
    assert known.find([Fingerprint(("0" * 64,), quality=0)]) is None
    assert KnownPictures.load(listed(tmp_path)).find([PRINT]) is None


def test_a_changed_list_has_another_version(tmp_path: Path) -> None:
    first = KnownPictures.load(listed(tmp_path, f"{'0' * 64},x,remove,")).version
    assert KnownPictures.load(listed(tmp_path, f"{'0' * 64},x,review,")).version != first


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("00,x,remove,", "64 hexadecimal"),
        (f"{'g' * 64},x,remove,", "64 hexadecimal"),
        (f"{'0' * 64},,remove,", "label"),
        (f"{'0' * 64},x,burn,", "none of allow"),
        (f"{'0' * 64},x,remove,soon", "date"),
        (f"{'0' * 64},x,remove", "3 columns"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, fault: str) -> None:
    with pytest.raises(KnownPicturesError, match=rf"line 3: .*{fault}"):
        KnownPictures.load(listed(tmp_path, f"{'1' * 64},x,allow,", line))


def test_a_list_without_its_head_or_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnownPicturesError, match="must begin"):
        KnownPictures.load(listed(tmp_path, head="pdq\n"))
    with pytest.raises(KnownPicturesError, match="cannot be read"):
        KnownPictures.load(tmp_path / "none.csv")
