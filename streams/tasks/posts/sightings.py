"""Signs of waves as messages: whoever judges a post writes down what it may be one of, and one worker counts all that
are alike.

A message leaves with the verdict, before the offset of its post is released, so none is lost; one that comes twice
counts once. Its partition follows from what it is about. Near-equal texts go to one place where the smallest hash of
their words is the same: with a probability of J, the share of words that they have in common (Broder, "On the
Resemblance and Containment of Documents", 1997). All pictures go to one place, since near-equal ones have no part that
is the same, and so do all new accounts.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final
from zlib import crc32

import orjson

from models.pictures.hashing import Fingerprint
from schemas import Post, Sighting
from streams.record import Outgoing
from streams.tasks.base import Case
from streams.tasks.posts.authors import key_check
from streams.tasks.posts.crowds import Sign
from streams.tasks.posts.waves import Sketch

KIND: Final = "waves"
_UNSIGNED: Final = (1 << 64) - 1


def keyed(secret: bytes) -> Callable[[str], int]:
    """A hash of words that is the same for all workers with this key: a signed number of 64 bits."""
    begun = blake2b(key=secret, digest_size=8, person=b"tidegate words")

    def digest(word: str) -> int:
        hashed = begun.copy()
        hashed.update(word.encode("utf-8", "replace"))
        return int.from_bytes(hashed.digest(), signed=True)

    return digest


class Sightings:
    """What waits to be written, and how it is read. Not shared between threads.

    Args:
        secret: key of the hashes of authors and words.
    """

    def __init__(self, secret: bytes) -> None:
        self._key_check = key_check(secret)
        self._noted: list[Outgoing] = []

    def note(self, sign: Sign, case: Case[Post], author: int, verdict_id: str, sent_at: float) -> None:
        """Writes a sign down. Call it again when its record comes again: it may not have left the first time."""
        route = _route(sign)
        told: dict[str, Any] = {
            "schema_version": 1,
            "kind": sign.kind,
            "author": f"{author:014x}",
            "key_check": self._key_check,
            "sent_at": datetime.fromtimestamp(sent_at, UTC).isoformat(),
            "post_id": case.record.id,
            "verdict_id": verdict_id,
            "source": None if case.origin is None else case.origin._asdict(),
            "keys": _packed(sign.sketch.keys),
            "words": _packed(sign.sketch.smallest),
            "prints": [one.hashes for one in sign.prints],
        }
        self._noted.append(Outgoing(KIND, b"%016x" % route, orjson.dumps(told), route))

    def leaving(self) -> list[Outgoing]:
        """What is to leave with the record that was decided last."""
        noted, self._noted = self._noted, []
        return noted

    def read(self, value: bytes | None) -> Sighting | None:
        """None: damaged, or under hashes with another key."""
        try:
            sighting = Sighting.decode(value)
        except ValueError:
            return None
        return sighting if sighting.key_check == self._key_check else None


def sign_of(sighting: Sighting) -> Sign:
    """What was seen."""
    sketch = Sketch(_unpacked(sighting.keys), _unpacked(sighting.words))
    return Sign(sighting.kind, sketch, tuple(Fingerprint(tuple(each), quality=100) for each in sighting.prints))


def _route(sign: Sign) -> int:
    """What is alike has the same; of a text with few words only copies are alike."""
    keys, smallest = sign.sketch
    if not keys:
        return crc32(sign.kind.encode())
    return (keys[0] if len(keys) == 1 else smallest[0]) & _UNSIGNED


def _packed(hashes: Sequence[int]) -> str:
    return struct.pack(f">{len(hashes)}q", *hashes).hex()


def _unpacked(packed: str) -> tuple[int, ...]:
    return struct.unpack(f">{len(packed) // 16}q", bytes.fromhex(packed))
