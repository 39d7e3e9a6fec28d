"""Writes the folder of a picture classifier: model, golden pictures, hashes, card, licences."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from models.artifact import CARD, MANIFEST, MODEL
from models.factory.artifact_folder import replace_folder, staging_folder
from models.pictures.classes import Divided
from models.pictures.classifier import FORMAT, TAUGHT, PictureClassifier, PictureManifest
from models.pictures.devices import DEVICES
from models.pictures.golden import file_hashes, write_golden
from models.training.pictures.recipe import ENCODED, PictureRecipe, Rung

_LICENCES: Final = ("LICENSE*", "LICENCE*", "NOTICE*", "COPYING*")
NO_DIAGNOSIS: Final = (
    "**Nothing that it says is a diagnosis**, whatever its classes are called. It has never been tried on patients, "
    "and nobody may be turned away, reassured or treated on its word."
)


def write_folder(
    out: Path, model: bytes, rung: Rung, recipe: PictureRecipe, divided: Divided, told: dict[str, Any],
    encoder: Path | None,
) -> None:  # fmt: skip
    """A whole folder in the place of what is there.

    Args:
        told: fields of the manifest that the rung decides: features, side, mean, quantisation, metrics ...
        encoder: folder of the encoder, whose licence texts are taken along.
    """
    fresh = staging_folder(out)
    fresh.mkdir(parents=True)
    now = datetime.now(UTC)
    manifest = PictureManifest(
        format=FORMAT, kind="pictures", name=recipe.name, rung=rung, version=f"{now:%Y.%m.%d}",
        created=f"{now:%Y-%m-%dT%H:%M:%SZ}", files={}, classes=divided.classes, task=recipe.task,
        licence=recipe.licence,
        base=f"{recipe.encoder.name} {recipe.encoder.sha256}" if rung in ENCODED else "",
        pictures=divided.counts(), **told,
    )  # fmt: skip
    (fresh / MODEL).write_bytes(model)
    (fresh / TAUGHT).write_text("".join(f"{one}\n" for one in sorted(p.digest for p in divided.train)), "ascii")
    write_golden(fresh, PictureClassifier(manifest, model))
    licences = _copy_licences(encoder, fresh) if rung in ENCODED and encoder is not None else ()
    manifest = manifest.model_copy(update={"files": file_hashes(fresh)})
    (fresh / CARD).write_text(_card(manifest, recipe, licences), encoding="utf-8")
    manifest = manifest.model_copy(update={"files": file_hashes(fresh)})
    (fresh / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    PictureClassifier.open(fresh)
    replace_folder(fresh, out)


def _copy_licences(encoder: Path, folder: Path) -> tuple[str, ...]:
    found = sorted({path for pattern in _LICENCES for path in encoder.glob(pattern) if path.is_file()})
    for path in found:
        shutil.copyfile(path, folder / f"encoder_{path.name}")
    return tuple(f"encoder_{path.name}" for path in found)


def _card(manifest: PictureManifest, recipe: PictureRecipe, licences: Sequence[str]) -> str:
    counts = [
        f"| {name} | {manifest.pictures['train'][name]:,} | {manifest.pictures['dev'][name]:,} |"
        for name in manifest.classes
    ]
    texts = ", ".join(f"`{name}`" for name in licences) or "none lay beside its weights"
    base = [f"Made from {manifest.base}, licence: {recipe.encoder.licence}; licence texts: {texts}."] * bool(
        manifest.base
    )
    lines = [
        f"# Model card: {manifest.name} {manifest.rung} {manifest.full_version}",
        "",
        f"Tells {len(manifest.classes)} classes of pictures apart, the rung `{manifest.rung}` of `tidegate train`'s "
        f"ladder. Quantisation: {manifest.quantisation}. Licence: {manifest.licence}.",
        *base,
        "",
        NO_DIAGNOSIS,
        "",
        "## Limits",
        "",
        "- It has an answer for every picture, also for one that shows none of its classes.",
        f"- Figures are of dev pictures of the same origin, and of {len(DEVICES)} simulated devices: real ones differ.",
        "- Its probabilities are not checked on any stream of yours.",
        *(f"- {limit}" for limit in recipe.limits),
        "",
        "## Pictures",
        "",
        "| class | train | dev |",
        "| --- | ---: | ---: |",
        *counts,
    ]
    return "\n".join(lines) + "\n"
