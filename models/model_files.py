"""Files of a model folder: read as data alone, bounded, and held to the hashes of the manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from models.errors import ArtifactError

GRAPH_SUFFIX: Final = ".onnx"
MAX_GRAPH_BYTES: Final = 2**31 - 1
"""A protocol buffer cannot be larger."""
MAX_FILE_BYTES: Final = 64 * 1024 * 1024

_M = TypeVar("_M", bound=BaseModel)


def verify_files(folder: Path, hashes: Mapping[str, str], needed: Iterable[str]) -> None:
    """Raises ArtifactError where a file that is named lies elsewhere, is missing, too large or changed, or where a file
    that is needed is not named.
    """
    for name in needed:
        if name not in hashes:
            raise ArtifactError(f"The manifest in {folder} has no hash for {name}.")
    for name, expected in hashes.items():
        if Path(name).name != name:
            raise ArtifactError(f"The manifest in {folder} names a file outside of the folder: {name}.")
        if not (folder / name).is_file():
            raise ArtifactError(f"The artifact in {folder} lacks {name}.")
        _check_size(folder / name)
        if file_hash(folder / name) != expected:
            raise ArtifactError(f"{name} in {folder} does not match the hash in the manifest.")


def read_file(model: type[_M], path: Path) -> _M:
    """A JSON file as a model of pydantic. Raises ArtifactError where it is missing, too large, or something else."""
    try:
        _check_size(path)
        return model.model_validate(json.loads(path.read_bytes()))
    except FileNotFoundError:
        raise ArtifactError(f"{path.parent} is not an artifact: {path.name} is missing.") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ArtifactError(f"{path.name} in {path.parent} cannot be read: {where}: {first['msg']}.") from None
    except (OSError, ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        raise ArtifactError(f"{path.name} in {path.parent} cannot be read: {reason}.") from None


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_size(path: Path) -> None:
    most = MAX_GRAPH_BYTES if path.suffix == GRAPH_SUFFIX else MAX_FILE_BYTES
    if (size := path.stat().st_size) > most:
        raise ArtifactError(f"{path.name} in {path.parent} has {size:,} bytes; {most:,} are allowed.")
