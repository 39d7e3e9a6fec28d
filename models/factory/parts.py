"""A folder as files of a limited size, and back: `part-000`, `part-001`, ... of one archive, and `parts.sha256`."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from models.model_files import file_hash
from models.training.recipe import RecipeError

HASHES = "parts.sha256"
"""As `sha256sum -c` reads it."""


def write_parts(files: Iterable[tuple[Path, str]], out: Path, most: int) -> list[Path]:
    """Write files, given with their names in the archive, as parts of at most `most` bytes; returns the parts.

    Raises RecipeError where `out` holds anything.
    """
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise RecipeError(f"{out} is not empty; choose another folder.")
    whole = out / "whole.tar.xz"
    # Little effort: rows and weights, nearly all there is, are compressed already.
    with tarfile.open(whole, "w:xz", preset=1) as archive:
        for path, name in files:
            archive.add(path, name, filter=_nobody)
    parts: list[Path] = []
    with whole.open("rb") as file:
        while piece := file.read(most):
            parts.append(out / f"part-{len(parts):03d}")
            parts[-1].write_bytes(piece)
    whole.unlink()
    (out / HASHES).write_text("".join(f"{file_hash(part)}  {part.name}\n" for part in parts), encoding="ascii")
    return parts


def join_parts(folder: Path, out: Path) -> None:
    """Unpack an archive into the new folder `out`. Raises RecipeError where a part is missing or damaged."""
    if out.exists():
        raise RecipeError(f"{out} is there already; choose another folder.")
    lines = [line.split() for line in (folder / HASHES).read_text(encoding="ascii").splitlines()]
    for known, name in lines:
        if not (folder / name).is_file() or file_hash(folder / name) != known:
            raise RecipeError(f"{folder / name} is missing or damaged; bring it again.")
    with TemporaryDirectory(dir=out.absolute().parent) as staging:
        whole = Path(staging) / "whole.tar.xz"
        with whole.open("wb") as file:
            for _, name in lines:
                file.write((folder / name).read_bytes())
        with tarfile.open(whole) as archive:
            archive.extractall(Path(staging) / "whole", filter="data")
        (Path(staging) / "whole").rename(out)


def _nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the name of whoever packed it."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
