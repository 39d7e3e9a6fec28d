"""Writes the files of an artifact and their hashes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenizers import Tokenizer

from models.artifact import (
    CARD,
    FORMAT,
    GOLDEN,
    MANIFEST,
    MODEL,
    TOKENIZER,
    Artifact,
    ArtifactError,
    GoldenCases,
    Head,
    Manifest,
    SourceRows,
)
from models.compression.linear import SHIPPED
from models.early_exit import UPPER
from models.factory.card import write_card
from models.factory.golden_cases import golden_texts, make_golden
from models.labels import CONDITION_CLASSES, POST_LABELS, SENTIMENTS, URGENCY_LEVELS
from models.model_files import file_hash
from models.serving.engine import HALF_PRECISION
from models.training.corpus import Corpus
from models.training.network import Shape
from models.training.predict import Scorer
from models.training.recipe import Recipe

if TYPE_CHECKING:
    from models.factory.export import Exported


def write_folder(
    folder: Path, exported: Exported, recipe: Recipe, corpus: Corpus, tokenizer: Tokenizer, score: Scorer,
    shape: Shape,
) -> None:  # fmt: skip
    """Model, tokenizer, golden cases, card and manifest; the manifest comes last, with the hashes."""
    folder.mkdir(parents=True)
    (folder / MODEL).write_bytes(exported.model)
    (folder / UPPER).write_bytes(exported.upper)
    if exported.half is not None:
        (folder / HALF_PRECISION).write_bytes(exported.half)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    (folder / TOKENIZER).write_text(tokenizer.to_str(), encoding="utf-8")
    golden = make_golden(score, tokenizer, shape.positions, shape.pad_id, golden_texts())
    write_golden(golden, folder)
    now = datetime.now(UTC)
    manifest = Manifest(
        format=FORMAT,
        name=recipe.name,
        version=f"{now:%Y.%m.%d}",
        created=f"{now:%Y-%m-%dT%H:%M:%SZ}",
        files={},
        heads=heads(),
        max_tokens=shape.positions,
        pad_id=shape.pad_id,
        thresholds=exported.thresholds,
        calibration=dict(exported.calibration),
        sources=tuple(SourceRows.model_validate(source) for source in corpus.sources()),
        metrics=exported.metrics,
        base=_base(recipe),
        licence=recipe.licence,
        quantisation=SHIPPED,
        cascade=exported.cascade,
        shape=dict(shape.as_dict()),
    )
    names = [MODEL, UPPER, TOKENIZER, GOLDEN, *([] if exported.half is None else [HALF_PRECISION])]
    seal(manifest, folder, names, lambda sealed: write_card(sealed, recipe))


def staging_folder(out: Path) -> Path:
    """A place beside `out` at which to make what will stand there; empty, whatever a kill has left.

    Raises:
        ArtifactError: something that is no artifact stands at `out`, and would be lost.
    """
    if out.exists() and not (out / MANIFEST).is_file() and not (out.is_dir() and next(out.iterdir(), None) is None):
        raise ArtifactError(f"{out} is there and is no artifact: name a folder that is not there yet.")
    staging = _beside(out, "new")
    shutil.rmtree(staging, ignore_errors=True)
    return staging


def _beside(out: Path, what: str) -> Path:
    """Hidden, and called so by nobody else: it is emptied without a question."""
    out = out.resolve()
    return out.with_name(f".{out.name}.tidegate-{what}")


def replace_folder(fresh: Path, out: Path) -> None:
    """Put a folder in the place of another. A kill leaves a whole one in `out`, or none, never a part of one."""
    old = _beside(out, "old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    fresh.rename(out)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def changing(source: Path, out: Path) -> Iterator[Path]:
    """A copy of an artifact's folder to change, which takes the place of `out`, maybe the same, if nothing is raised.

    Raises:
        ArtifactError: `source` is none, or something else stands at `out`.
    """
    staging = staging_folder(out)
    shutil.copytree(Artifact.load(source).folder, staging)
    try:
        yield staging
        replace_folder(staging, out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def write_manifest(manifest: Manifest, folder: Path) -> None:
    _write_json(folder / MANIFEST, manifest.model_dump(mode="json"))


def seal(manifest: Manifest, folder: Path, names: Iterable[str], card: Callable[[Manifest], str] | None) -> None:
    """Write the card, with the version that all files but itself make, and the manifest of these files and the card.

    Args:
        card: makes its text of the manifest with that version; None: there is no card.
    """
    others = [name for name in names if name != CARD]
    manifest = with_hashes(manifest, folder, others)
    if card is not None:
        (folder / CARD).write_text(card(manifest), encoding="utf-8")
        others.append(CARD)
    write_manifest(with_hashes(manifest, folder, others), folder)


def reseal(manifest: Manifest, folder: Path, names: Iterable[str], change: Callable[[str, Manifest], str]) -> None:
    """The same where a card, if there is one, is made of the one that lies there."""
    path = folder / CARD
    card = path.read_text(encoding="utf-8") if path.is_file() else None
    seal(manifest, folder, names, None if card is None else partial(change, card))


def write_golden(golden: GoldenCases, folder: Path) -> None:
    _write_json(folder / GOLDEN, golden.model_dump(mode="json"))


def with_hashes(manifest: Manifest, folder: Path, names: Sequence[str]) -> Manifest:
    """The manifest with the hashes of these files alone, as they lie in the folder."""
    return manifest.model_copy(update={"files": {name: file_hash(folder / name) for name in names}})


def heads() -> dict[str, Head]:
    """The outputs of the graph and what they mean."""
    return {
        "post": Head(output="post", kind="sigmoid", labels=POST_LABELS),
        "spans": Head(output="spans", kind="token_sigmoid", labels=("toxic",)),
        "sentiment": Head(output="sentiment", kind="softmax", labels=SENTIMENTS),
        "condition": Head(output="condition", kind="softmax", labels=CONDITION_CLASSES),
        "urgency": Head(output="urgency", kind="ordinal", labels=tuple(str(level) for level in URGENCY_LEVELS)),
        "early_post": Head(output="early_post", kind="sigmoid", labels=POST_LABELS),
    }


def _base(recipe: Recipe) -> str:
    """The encoder's name; of a folder only its last part, because paths of a machine mean nothing elsewhere."""
    name = recipe.base.name
    return Path(name).name if Path(name).exists() else name


def _write_json(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
