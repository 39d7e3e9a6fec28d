"""Which allowed posts people are to look at, so that it can be told what was missed."""

from __future__ import annotations

from hashlib import blake2b

from streams.tasks.base import Origin


def is_drawn(origin: Origin | None, share: float) -> bool:
    """By chance, and the same however often the record comes. What is not of a topic has no place to be found at."""
    if origin is None or not share:
        return False
    place = f"{origin.topic}\0{origin.partition}\0{origin.offset}".encode()
    return int.from_bytes(blake2b(place, digest_size=8, person=b"review").digest()) < share * 2**64
