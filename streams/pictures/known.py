"""Lists of known pictures that an operator brings: by their PDQ hash a label, an action, and a date of expiry.

A CSV file with a header: `hash,label,action,expires`; the last may be empty, else a date (UTC). The list decides, so
the policy's version covers it, and a changed one takes effect with the next record.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b
from io import StringIO
from pathlib import Path
from typing import Final, Self

import numpy as np

from models.pictures.hashing import BITS, MAX_DISTANCE, Fingerprint, Words, nearest, words_of
from streams.errors import TidegateError

COLUMNS: Final = ("hash", "label", "action", "expires")
ACTIONS: Final = ("allow", "limit", "review", "remove")


class KnownPicturesError(TidegateError):
    """A list of known pictures is wrong; the message names the line."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Known:
    """One entry of a list."""

    hash: str
    label: str
    action: str
    expires: date | None


@dataclass(frozen=True, slots=True)
class Match:
    """A known picture that was recognised, and how far off it is in bits."""

    entry: Known
    distance: int


class KnownPictures:
    """A list, ready to be asked. Frozen: a changed file makes another one."""

    def __init__(self, entries: Sequence[Known], version: str) -> None:
        self._entries = entries
        self._words: Words = words_of([one.hash for one in entries])
        self._ends = np.array([(one.expires or date.max).toordinal() for one in entries], dtype=np.int64)
        self.version = version

    def __len__(self) -> int:
        return len(self._entries)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises KnownPicturesError."""
        try:
            content = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise KnownPicturesError(f"The list of known pictures {path} cannot be read: {error}.") from None
        rows = csv.reader(StringIO(content))
        if tuple(next(rows, ())) != COLUMNS:
            raise KnownPicturesError(f"{path} must begin with the line {','.join(COLUMNS)}.")
        entries = [_entry(row, path, rows.line_num) for row in rows if row]
        return cls(entries, blake2b(content.encode(), digest_size=8).hexdigest())

    def find(self, prints: Sequence[Fingerprint], today: date | None = None) -> Match | None:
        """The nearest entry that holds and that a picture matches, in any orientation and frame; none for a picture
        that tells nothing."""
        alive = np.flatnonzero(self._ends >= (today or datetime.now(UTC).date()).toordinal())
        telling = [words_of(one.hashes) for one in prints if one.is_telling]
        if not telling or not len(alive):
            return None
        position, distance = min((nearest(self._words[alive], one) for one in telling), key=lambda found: found[1])
        return Match(self._entries[alive[position]], distance) if distance <= MAX_DISTANCE else None


def _entry(row: Sequence[str], path: Path, line: int) -> Known:
    def fault(what: str) -> KnownPicturesError:
        return KnownPicturesError(f"{path}, line {line}: {what}.")

    if len(row) != len(COLUMNS):
        raise fault(f"{len(row)} columns instead of {len(COLUMNS)}")
    known, label, action, expires = (cell.strip() for cell in row)
    if len(known) != BITS // 4 or not set(known.lower()) <= set("0123456789abcdef"):
        raise fault("a PDQ hash has 64 hexadecimal digits")
    if not label or len(label) > 64:
        raise fault("a label has 1 to 64 characters")
    if action not in ACTIONS:
        raise fault(f"the action is none of {', '.join(ACTIONS)}")
    try:
        return Known(known.lower(), label, action, date.fromisoformat(expires) if expires else None)
    except ValueError:
        raise fault("the date is none like 2027-01-31") from None
