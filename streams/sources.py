"""Models and policies from a folder or a store: nothing is opened whose hash is not the one that was asked for."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import fsspec
from pydantic import ValidationError

from models.artifact import MANIFEST, Manifest
from streams.errors import TidegateError

MAX_POLICY_BYTES: Final = 4 * 1024 * 1024
MAX_MANIFEST_BYTES: Final = 16 * 1024 * 1024
MAX_ARTIFACT_BYTES: Final = 8 * 1024**3
KEPT: Final = 4
"""Artifacts in the cache: what is in force, what was before, and what is tried beside them."""
_CHUNK: Final = 1 << 20


class SourceError(TidegateError):
    """What a change names cannot be fetched, or is not what was asked for."""


def fetch_artifact(address: str, digest: str, cache: Path) -> Path:
    """A folder of the cache with the artifact whose manifest has this hash; copied there unless it is.

    Takes as long as the store needs: run it in a thread.

    Args:
        address: a folder, or what fsspec can open.
        digest: SHA-256 of its manifest, in hex.

    Raises:
        SourceError: it cannot be read, or a file is not the one that was asked for.
    """
    folder = cache / digest
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=cache, prefix="part-"))
        try:
            _copy(address, digest, part)
            part.rename(folder)
        except OSError as error:
            if not folder.is_dir():  # else another worker of this host was faster
                raise SourceError(f"{address} cannot be kept in {cache}: {error.strerror}.") from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
    folder.touch()
    _tidy(cache, folder)
    return folder


def fetch_file(address: str, digest: str | None, max_bytes: int = MAX_POLICY_BYTES) -> bytes:
    """The content of a file. Raises SourceError as above."""
    with _opened(address) as file:
        content: bytes = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise SourceError(f"{address} has more than {max_bytes} bytes.")
    if digest is not None and hashlib.sha256(content).hexdigest() != digest:
        raise SourceError(f"{address} does not have the hash that the change names.")
    return content


def read_manifest_bytes(address: str, digest: str | None = None) -> bytes:
    """Of the artifact at this address. Raises SourceError as above."""
    return fetch_file(_inside(address, MANIFEST), digest, MAX_MANIFEST_BYTES)


def parse_manifest(manifest: bytes, address: str) -> Manifest:
    """Raises SourceError for what is no manifest."""
    try:
        return Manifest.model_validate_json(manifest)
    except ValidationError:
        raise SourceError(f"{_inside(address, MANIFEST)} is no manifest of a model.") from None


def absolute(address: str) -> str:
    """The same folder or file whatever folder a worker runs in; what a store has stays as it is."""
    return address if "://" in address else str(Path(address).expanduser().resolve())


def _copy(address: str, digest: str, folder: Path) -> None:
    """The manifest first: its hash covers those of all other files."""
    manifest = read_manifest_bytes(address, digest)
    (folder / MANIFEST).write_bytes(manifest)
    room = MAX_ARTIFACT_BYTES
    for name, expected in _files(manifest, address).items():
        room -= _copy_file(_inside(address, name), expected, folder / name, room)


def _files(manifest: bytes, address: str) -> dict[str, str]:
    try:
        files = json.loads(manifest)["files"]
        if all(isinstance(digest, str) and Path(name).name == name for name, digest in files.items()):
            return dict(files)
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    raise SourceError(f"The manifest at {address} does not name its files.")


def _copy_file(address: str, digest: str, path: Path, room: int) -> int:
    """Returns its size in bytes."""
    seen, size = hashlib.sha256(), 0
    with _opened(address) as source, path.open("wb") as target:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > room:
                raise SourceError(f"The artifact has more than {MAX_ARTIFACT_BYTES} bytes.")
            seen.update(chunk)
            target.write(chunk)
    if seen.hexdigest() != digest:
        raise SourceError(f"{address} does not have the hash that the manifest names.")
    return size


def _inside(address: str, name: str) -> str:
    return f"{address.rstrip('/')}/{name}"


@contextmanager
def _opened(address: str) -> Iterator[IO[bytes]]:
    """A file of any store. Whatever goes wrong with it becomes one sentence: each store has errors of its own."""
    try:
        with fsspec.open(address, "rb") as file:
            yield file
    except TidegateError:
        raise
    except Exception as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        raise SourceError(f"{address} cannot be copied: {said}.") from error


def _tidy(cache: Path, used: Path) -> None:
    """The oldest go. A model that runs has its files in memory or open."""
    folders = [path for path in cache.iterdir() if path.is_dir() and len(path.name) == len(used.name)]
    for path in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
