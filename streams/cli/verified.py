"""What `tidegate models verify` finds out about a folder: a model of texts, or a picture classifier."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from models.artifact import GOLDEN, MANIFEST, Artifact, ArtifactError
from models.serving.encoder import Encoder
from models.serving.engine import OnnxEngine
from models.serving.golden import verify_golden
from models.serving.types import DeviceError


def verified(folder: Path, device: str, threads: int | None) -> tuple[str | None, dict[str, Any]]:
    """What is wrong, or None, and what was checked. Whatever the runtime raises on a broken file is a finding."""
    try:
        return None, _pictures(folder, threads) if _is_for_pictures(folder) else _texts(folder, device, threads)
    except DeviceError:
        raise
    except ArtifactError as error:
        return str(error), {}
    except Exception as error:  # noqa: BLE001  the runtime has no one kind of error for a broken file
        return f"The model in {folder} does not run ({type(error).__name__}).", {}


def _is_for_pictures(folder: Path) -> bool:
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):  # what is wrong with it is said by whoever opens it
        return False
    return isinstance(manifest, dict) and manifest.get("kind") == "pictures"


def _texts(folder: Path, device: str, threads: int | None) -> dict[str, Any]:
    artifact = Artifact.load(folder)
    engine = OnnxEngine.open(artifact, device=device, threads=threads)
    verify_golden(engine, Encoder.from_artifact(artifact), artifact)
    files, cases = len(artifact.manifest.files), len(artifact.golden().cases)
    return {"version": artifact.version, "files": files, "golden_cases": cases, "device": engine.device}


def _pictures(folder: Path, threads: int | None) -> dict[str, Any]:
    try:
        from models.pictures.classifier import PictureClassifier
    except ImportError:
        raise ArtifactError(f"The model in {folder} is for pictures: pip install 'tidegate[images]'.") from None

    told = PictureClassifier.open(folder, threads or 1).manifest
    cases = len(json.loads((folder / GOLDEN).read_bytes())["cases"])
    return {"version": told.full_version, "files": len(told.files), "golden_cases": cases, "device": "cpu"}
