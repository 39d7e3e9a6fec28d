"""The store that references lead into: a folder or an object store, and nothing outside of its prefix.

A reference is a path below the prefix that the operator set up, never a URL: what a message could make a worker fetch
by URL (another host, its own metadata service) it cannot name here.
"""

from __future__ import annotations

import asyncio
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any, Final

from models.errors import place_of
from models.pictures.errors import NotLooked, PictureError
from schemas import Picture
from streams.errors import TidegateError

FETCH_S: Final = 5.0
MAX_BYTES: Final = 8_388_608
"""Of a picture in the store: a phone's 12 MP JPEG has 1.8 MB, one of 48 MP 6 MB."""


class StoreError(TidegateError):
    """The picture store cannot be used as it is set up."""

    exit_code = 2


class Store:
    """Reads pictures below one prefix of any file system that fsspec knows (`/folder`, `s3://bucket/pictures`)."""

    def __init__(self, prefix: str, max_bytes: int = MAX_BYTES, fetch_s: float = FETCH_S) -> None:
        """Raises StoreError."""
        try:
            import fsspec
        except ImportError:
            raise StoreError("A picture store needs: pip install 'tidegate[images]'.") from None
        try:
            self._files: Any
            self._files, self._root = fsspec.url_to_fs(prefix)
        except (ImportError, ValueError) as error:
            raise StoreError(f"The picture store cannot be opened: {error}.") from None
        self._max_bytes = max_bytes
        self._fetch_s = fetch_s

    async def fetch(self, picture: Picture) -> bytes:
        """The file that a picture refers to, its size asked before it is read. Raises PictureError."""
        path = self._path_of(picture.ref or "")
        try:
            return await asyncio.wait_for(asyncio.to_thread(self._read, path), self._fetch_s)
        except TimeoutError:
            raise PictureError(NotLooked.STORE_FAILED, f"no answer within {self._fetch_s:g} s") from None

    def _path_of(self, ref: str) -> str:
        parts = PurePosixPath(ref).parts
        if not parts or "://" in ref or "\\" in ref or "\0" in ref or parts[0] == "/" or ".." in parts:
            raise PictureError(NotLooked.OUTSIDE)
        return f"{self._root.rstrip('/')}/{'/'.join(parts)}"

    def _read(self, path: str) -> bytes:
        try:
            found = self._files.info(path)
            if found.get("type") != "file" or found.get("islink"):
                raise PictureError(NotLooked.NOT_FOUND)
            if found["size"] > self._max_bytes:
                raise PictureError(NotLooked.TOO_LARGE)
            with self._files.open(path, "rb") as file:
                data: bytes = file.read(self._max_bytes + 1)
        except PictureError:
            raise
        except FileNotFoundError:
            raise PictureError(NotLooked.NOT_FOUND) from None
        except Exception as error:  # noqa: BLE001  of whatever client the store has; it may quote the path
            raise PictureError(NotLooked.STORE_FAILED, place_of(error)) from None
        if len(data) > self._max_bytes:
            raise PictureError(NotLooked.TOO_LARGE)
        return data


def checked(picture: Picture, data: bytes) -> str:
    """The file's hash. Raises PictureError where the record says another, or another size."""
    digest = sha256(data).hexdigest()
    if picture.sha256 not in (None, digest) or picture.size not in (None, len(data)):
        raise PictureError(NotLooked.CHANGED)
    return digest
