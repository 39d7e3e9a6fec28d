"""The key under which authors are hashed: made once per data folder, readable by its owner alone."""

from __future__ import annotations

import logging
import os
import secrets
import tempfile
from hashlib import blake2b
from pathlib import Path
from typing import Final

logger = logging.getLogger(__name__)

BYTES: Final = 32


def passing_secret() -> bytes:
    """A key that nobody keeps."""
    return secrets.token_bytes(BYTES)


def secret_of(content: bytes) -> bytes:
    """The key that a file of the operator's stands for; line ends at its edges do not count."""
    return blake2b(content.strip(), digest_size=BYTES).digest()


def load_or_create_secret(folder: Path) -> bytes:
    """Workers that start together on one folder all get the same key.

    Where the folder cannot be used the key lives as long as the process: author history then does not outlive
    it either.
    """
    path = folder / "authors.key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
        secret = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        logger.warning("no lasting key for author history in %s: %s", folder, reason)
        return passing_secret()
    if len(secret) != BYTES:
        logger.warning("the key for author history is damaged; delete %s to get a new one", path.name)
        return passing_secret()
    return secret


def _create(path: Path) -> None:
    """A hard link appears whole or not at all, and not over one that was there first."""
    descriptor, part = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(BYTES))
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        Path(part).unlink()
