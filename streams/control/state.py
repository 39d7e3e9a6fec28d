"""What the control topic says at a moment, and a copy of it on disk for a start while the topic is away."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import ValidationError

from schemas import Control

logger = logging.getLogger(__name__)

FORMAT: Final = 1
DEFAULT: Final = "default"
FORMER: Final = "former"
CANDIDATE: Final = "candidate"


def named(entry: Control | None) -> Control | None:
    """What an entry of a model or a policy that judges names; None: the one of the settings."""
    return entry if entry is not None and entry.active else None


class State:
    """The last entry of each key. Not shared between threads."""

    def __init__(self, entries: Iterable[Control] = ()) -> None:
        self._entries = {entry.key: entry for entry in entries}

    def __iter__(self) -> Iterator[Control]:
        return iter(self._entries.values())

    def get(self, key: str) -> Control | None:
        return self._entries.get(key)

    def put(self, key: str, entry: Control | None) -> None:
        """None: the key was deleted."""
        if entry is None:
            self._entries.pop(key, None)
        else:
            self._entries[key] = entry

    def choices(self, kind: str) -> list[Control | None]:
        """What may judge, the first choice first; None: what the settings name, and see `named`."""
        found = (self.get(f"{kind}/{name}") for name in (DEFAULT, FORMER))
        return [*(entry for entry in found if entry is not None), None]

    def pairs(self) -> list[tuple[Control | None, Control | None]]:
        """Models and policies that may judge together, the first choice first. Where they do not fit one another, the
        one that was changed last is given up first: so a worker that starts takes what those that run have kept."""
        models, policies = self.choices("model"), self.choices("policy")
        if _changed_at(self.get(f"policy/{DEFAULT}")) > _changed_at(self.get(f"model/{DEFAULT}")):
            return [(model, policy) for model in models for policy in policies]
        return [(model, policy) for policy in policies for model in models]

    @property
    def trial(self) -> Control | None:
        """The model that is tried beside the one that judges."""
        entry = self.get(f"model/{CANDIDATE}")
        return entry if entry is not None and entry.active else None

    def enabled(self, tasks: Iterable[str]) -> list[str]:
        """Of these tasks; one that nobody spoke of is enabled."""
        return [name for name in tasks if (entry := self.get(f"task/{name}")) is None or entry.active]

    def save(self, path: Path) -> None:
        """A crash leaves the old file or the new one. Raises OSError."""
        entries = [entry.model_dump(mode="json", exclude_none=True) for entry in self]
        document = {"format": FORMAT, "sha256": _digest(entries), "entries": entries}
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        with part.open("wb") as file:
            file.write(orjson.dumps(document))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> State | None:
        """None, and a word in the log, where there is no file or it is not whole."""
        try:
            document = orjson.loads(path.read_bytes())
            if document["format"] != FORMAT or document["sha256"] != _digest(document["entries"]):
                raise ValueError("not whole")
            return cls([Control.model_validate(entry) for entry in document["entries"]])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, ValidationError) as error:
            logger.warning("the last known state of the control topic cannot be read: %s", type(error).__name__)
            return None


def _changed_at(entry: Control | None) -> float:
    return 0.0 if entry is None or entry.at is None else entry.at.timestamp()


def _digest(entries: Any) -> str:
    return sha256(orjson.dumps(entries)).hexdigest()
