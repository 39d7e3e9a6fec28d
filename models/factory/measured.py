"""Figures measured of a finished artifact, for its manifest and its card. Nothing that decides changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.artifact import CARD, Artifact, ArtifactError
from models.factory.artifact_folder import changing, with_hashes, write_manifest
from models.factory.card import measured_card
from models.factory.triage_card import triage_figures


def add_triage(folder: Path, curves: Sequence[Path], evaluations: Sequence[Path]) -> Artifact:
    """Write the triage section of an artifact's card anew. The model keeps its version.

    Args:
        curves: files with what `tidegate triage curve --json` printed of this model.
        evaluations: files with what `tidegate evaluate --json` printed of it.

    Raises:
        ArtifactError: the folder is no artifact, or has no card.
        EvaluationError: a file cannot be used.
    """
    manifest = Artifact.load(folder).manifest
    if CARD not in manifest.files:
        raise ArtifactError(f"The artifact in {folder} has no card.")
    figures = triage_figures(manifest, curves, evaluations)
    manifest = manifest.model_copy(update={"metrics": manifest.metrics | {"triage": figures}})
    with changing(folder, folder) as copy:
        card = (copy / CARD).read_text(encoding="utf-8")
        (copy / CARD).write_text(measured_card(card, manifest), encoding="utf-8")
        write_manifest(with_hashes(manifest, copy, list(manifest.files)), copy)
    return Artifact.load(folder)
