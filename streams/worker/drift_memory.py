"""What drift is told by: the last day's verdicts by the hour, and a day of reference; a copy of both on disk."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from streams.health.traits import Key, Profile, empty

logger = logging.getLogger(__name__)

FORMAT: Final = 1
HOUR_S: Final = 3600
WINDOW_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Reference:
    """Verdicts in each band of a trait, and when they were taken for the reference, in seconds since 1970."""

    learned_at: float
    bands: Sequence[int]


@dataclass(slots=True)
class _State:
    model: str = ""
    began: dict[Key, float] = field(default_factory=dict)
    hours: dict[int, dict[Key, list[int]]] = field(default_factory=dict)
    references: dict[Key, Reference] = field(default_factory=dict)


class DriftMemory:
    """Not shared between threads. Processes of a host share the file: the first that learned a reference says it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state = _load(path) or _State()

    def judged_by(self, model_version: str) -> None:
        """Scores of another model are no drift, and neither is what it does not know: both are forgotten."""
        state = self._state
        if state.model == model_version:
            return
        state.model = model_version
        self._forget_what_the_model_says()

    def _forget_what_the_model_says(self) -> None:
        state = self._state
        places: list[dict[Key, Any]] = [state.began, state.references, *state.hours.values()]
        for place in places:
            for key in [key for key in place if key[1] in ("score", "unknown")]:
                del place[key]

    def add(self, new: Mapping[Key, Sequence[int]], now: float) -> None:
        """Verdicts that came since the last time, in their bands; what is older than a day is forgotten."""
        state = self._state
        this = int(now // HOUR_S)
        for old in [hour for hour in state.hours if not this - WINDOW_S / HOUR_S < hour <= this]:
            del state.hours[old]
        if not state.hours:
            state.began.clear()  # after a day away a few hours would stand for the whole of one
        hour = state.hours.setdefault(this, {})
        for key, bands in new.items():
            if any(bands):
                state.began.setdefault(key, now)
                hour[key] = _sum(hour.get(key), bands)

    def window(self) -> Profile:
        """Of the last day."""
        found: dict[Key, list[int]] = {}
        for hour in self._state.hours.values():
            for key, bands in hour.items():
                found[key] = _sum(found.get(key), bands)
        return found

    def is_a_day(self, key: Key, now: float) -> bool:
        """Whether it has been counted for a day."""
        return now - self._state.began.get(key, now) >= WINDOW_S

    def reference(self, key: Key) -> Reference | None:
        return self._state.references.get(key)

    def learn(self, key: Key, window: Sequence[int], now: float) -> Reference:
        """Takes the window for the reference."""
        known = self._state.references[key] = Reference(now, tuple(window))
        logger.info("the last day is the reference of %s from now on", _name(key))
        return known

    def share(self) -> None:
        """Takes over the references that another process of the host has learned."""
        other = _load(self._path)
        if other is not None and other.model == self._state.model:
            self._state.references = other.references | self._state.references

    def save(self) -> None:
        """A crash leaves the old file or the new one. What cannot be written is told in the log."""
        part = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(orjson.dumps(_document(self._state)))
            part.replace(self._path)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            logger.warning("the reference of drift is not saved: %s", reason)


def _sum(former: Sequence[int] | None, bands: Sequence[int]) -> list[int]:
    return list(bands) if former is None else [one + other for one, other in zip(former, bands, strict=True)]


def _document(state: _State) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "model": state.model,
        "began": {_name(key): at for key, at in state.began.items()},
        "hours": {str(hour): {_name(key): bands for key, bands in it.items()} for hour, it in state.hours.items()},
        "references": {
            _name(key): {"learned_at": datetime.fromtimestamp(one.learned_at, UTC).isoformat(), "bands": one.bands}
            for key, one in state.references.items()
        },
    }


def _load(path: Path) -> _State | None:
    """None where there is no file; and a word in the log where it is damaged or of another version."""
    try:
        document = orjson.loads(path.read_bytes())
        if document["format"] != FORMAT:
            raise ValueError("another format")
        return _State(
            str(document["model"]),
            {_key(name): float(at) for name, at in document["began"].items()},
            {int(hour): {_key(name): _bands(name, it[name]) for name in it} for hour, it in document["hours"].items()},
            {_key(name): _reference(name, one) for name, one in document["references"].items()},
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        logger.warning("the reference of drift cannot be read, and is learned anew: %s", type(error).__name__)
        return None


def _reference(name: str, one: Mapping[str, Any]) -> Reference:
    return Reference(datetime.fromisoformat(one["learned_at"]).timestamp(), tuple(_bands(name, one["bands"])))


def _bands(name: str, bands: Sequence[Any]) -> list[int]:
    if len(bands) != len(empty()[_key(name)]):
        raise ValueError("other bands")
    return [int(count) for count in bands]


def _name(key: Key) -> str:
    return "/".join(key)


def _key(name: str) -> Key:
    """Raises KeyError: this version knows none of this name."""
    return {_name(key): key for key in empty()}[name]
