"""Whose records a model on trial sees, or judges."""

from __future__ import annotations

from hashlib import blake2b


def is_in_share(key: bytes | None, share: float) -> bool:
    """Whether this author's records take part: always or never, and with every larger share too.

    Nobody knows whose a record without a key is.
    """
    if key is None:
        return False
    return int.from_bytes(blake2b(key, digest_size=4).digest()) < share * 2**32
