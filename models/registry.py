"""Artifacts on this machine: where they lie, what their manifests say, and how two manifests differ."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from models.artifact import MANIFEST, TOKENIZER, ArtifactError, Manifest, read_manifest

_TABLES: Final = ("baseline", "triage")
"""Metrics that are no figures of the model alone, on rows of anybody's choice."""


@dataclass(slots=True, frozen=True)
class Summary:
    """One line of the list. `problem` is the sentence of a folder that cannot be read."""

    folder: str
    name: str = ""
    version: str = ""
    created: str = ""
    megabytes: float = 0.0
    layers: int | None = None
    vocabulary: int | None = None
    dev: Mapping[str, float] | None = None
    problem: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def find_artifacts(folders: Iterable[Path]) -> list[Path]:
    """Each folder itself if it is an artifact, else those one level below it, or in their `artifact` folders."""
    found: dict[Path, Path] = {}
    for folder in folders:
        places = [folder, *sorted(folder.glob("*")), *sorted(folder.glob("*/artifact"))]
        own = places[:1] if (folder / MANIFEST).is_file() else places
        for place in own:
            if (place / MANIFEST).is_file():
                found.setdefault(place.resolve(), place)
    return list(found.values())


def summarise(folder: Path) -> Summary:
    """Raises nothing: a folder that is broken is a line too. Hashes are not compared; `verify` does that."""
    try:
        manifest = read_manifest(folder)
    except ArtifactError as error:
        return Summary(str(folder), problem=str(error))
    return Summary(
        str(folder), manifest.name, manifest.full_version, manifest.created, megabytes(folder, manifest),
        _layers(manifest), _vocabulary(folder), main_figures(manifest),
    )  # fmt: skip


def megabytes(folder: Path, manifest: Manifest) -> float:
    """Size of the files that the manifest names, in MB of a million bytes."""
    return round(sum((folder / name).stat().st_size for name in manifest.files if (folder / name).is_file()) / 1e6, 2)


def main_figures(manifest: Manifest) -> dict[str, float]:
    """Toxicity's AUROC and the mean F1 over labels, by language, as measured when the model was exported."""
    post: Mapping[str, Any] = manifest.metrics.get("dev", {}).get("post", {})
    figures: dict[str, float] = {}
    by_language: dict[str, list[float]] = defaultdict(list)
    for langs in post.values():
        for lang, values in langs.items():
            by_language[lang].append(values["f1"])
    for lang, f1 in sorted(by_language.items()):
        auroc = post.get("toxicity", {}).get(lang, {}).get("auroc")
        figures |= {} if auroc is None else {f"toxicity_auroc_{lang}": auroc}
        figures[f"mean_f1_{lang}"] = round(sum(f1) / len(f1), 4)
    return figures


def rows_by_tier(manifest: Manifest) -> dict[str, dict[str, int]]:
    """{task: {licence tier: rows}} of the training data."""
    rows: dict[str, dict[str, int]] = {}
    for source in manifest.sources:
        tiers = rows.setdefault(source.task, {})
        tiers[source.tier] = tiers.get(source.tier, 0) + source.rows
    return rows


def differences(a: Manifest, b: Manifest) -> Iterator[tuple[str, Any, Any]]:
    """(what, in A, in B) for all that the two manifests say differently; what one lacks is None there."""
    first, second = _facts(a), _facts(b)
    for name in dict.fromkeys([*first, *second]):
        if first.get(name) != second.get(name):
            yield name, first.get(name), second.get(name)


def _facts(manifest: Manifest) -> dict[str, Any]:
    document = manifest.model_dump(mode="json", exclude={"format", "files", "calibration", "sources", "metrics"})
    sources = {f"{s.task}/{s.name} ({s.tier})": s.rows for s in manifest.sources}
    metrics = {name: value for name, value in manifest.metrics.items() if name not in _TABLES}
    return dict(_flat({**document, "sources": sources, "metrics": metrics}))


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}/")
        else:
            yield f"{prefix}{key}", _plain(value)


def _plain(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else value


def _layers(manifest: Manifest) -> int | None:
    return int(manifest.shape["layers"]) if "layers" in manifest.shape else None


def _vocabulary(folder: Path) -> int | None:
    try:
        return len(json.loads((folder / TOKENIZER).read_bytes())["model"]["vocab"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
