"""Who may ask, for what, and how often: a TOML file of named keys, of which it holds hashes alone."""

from __future__ import annotations

import hmac
import os
import re
import secrets
import tempfile
import time
import tomllib
from collections.abc import Callable, Collection
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streams.errors import TidegateError

Scope = Literal["score", "review", "send"]
SCOPES: Final[tuple[Scope, ...]] = ("score", "review", "send")
PREFIX: Final = "tg_"
KEY_BYTES: Final = 32
"""Of a random number: nobody guesses it, so one fast hash keeps it as well as a slow one would."""
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class KeysError(TidegateError):
    """The file of keys cannot be used; one sentence that never quotes a key."""

    exit_code = 2


class Key(BaseModel):
    """One entry of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=_NAME.pattern)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    scopes: Annotated[frozenset[Scope], Field(min_length=1)] = frozenset({"score"})
    rate: Annotated[float, Field(gt=0, le=1_000_000)] = 100.0
    """Texts a second over time."""
    burst: Annotated[int, Field(ge=1, le=1_000_000)] = 200
    """Texts at once after a rest."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    keys: tuple[Key, ...] = ()


class Bucket:
    """A token bucket that may be overdrawn by one request, which the next ones wait for: a large list is not refused
    for ever, and costs as much as its texts sent one by one.
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._balance = self._burst
        self._counted_at = clock()

    def take(self, texts: int) -> float:
        """0.0 if they may pass, and are paid for; else how many seconds it takes until one may."""
        now = self._clock()
        self._balance = min(self._burst, self._balance + (now - self._counted_at) * self._rate)
        self._counted_at = now
        if self._balance < 1.0:
            return (1.0 - self._balance) / self._rate
        self._balance -= texts
        return 0.0


class Caller:
    """Somebody whose key was found. `bucket` None: no limit."""

    __slots__ = ("bucket", "name", "scopes")

    def __init__(self, name: str, scopes: Collection[str], bucket: Bucket | None) -> None:
        self.name = name
        self.scopes = scopes
        self.bucket = bucket


class Keys:
    """The keys of a file, as they were when it was read."""

    def __init__(self, keys: Collection[Key]) -> None:
        self._callers = [
            (bytes.fromhex(key.sha256), Caller(key.name, key.scopes, Bucket(key.rate, key.burst))) for key in keys
        ]

    @classmethod
    def load(cls, path: Path) -> Keys:
        """Raises KeysError: it cannot be read, something in it is wrong, or it holds no key."""
        keys = _parsed(_text(path), path).keys
        if not keys:
            raise KeysError(f"There is no key in {path}; `tidegate keys add NAME --file {path}` makes one.")
        return cls(keys)

    def caller(self, given: str) -> Caller | None:
        """Takes as long whichever key it is, and whether it is one."""
        digest = sha256(given.encode("utf-8", "replace")).digest()
        found = None
        for known, caller in self._callers:
            if hmac.compare_digest(known, digest):
                found = caller
        return found


def add_key(path: Path, name: str, scopes: Collection[Scope], rate: float, burst: int) -> str:
    """Appends a new key to the file, which only its owner may read, and returns it; nothing keeps it.

    Raises:
        KeysError: the name is taken or not allowed, or the file cannot be read or written.
    """
    if not _NAME.fullmatch(name):
        raise KeysError("A name may hold letters, digits, dots, dashes and underscores, 64 at most.")
    before = _text(path) if path.exists() else ""
    if any(key.name == name for key in _parsed(before, path).keys):
        raise KeysError(f"There is a key named {name} in {path} already.")
    given = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    shown = ", ".join(f'"{scope}"' for scope in SCOPES if scope in scopes)
    entry = (
        f'[[keys]]\nname = "{name}"\nsha256 = "{sha256(given.encode()).hexdigest()}"\n'
        f"scopes = [{shown}]\nrate = {float(rate)}\nburst = {burst}\n"
    )
    text = f"{before.rstrip()}\n\n{entry}" if before.strip() else entry
    _parsed(text, path)
    _write(path, text)
    return given


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise KeysError(f"The keys cannot be read from {path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise KeysError(f"The keys cannot be read from {path}: it is not UTF-8.") from None


def _parsed(text: str, path: Path) -> _File:
    try:
        file = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError:  # its message may quote a line
        raise KeysError(f"The keys in {path} are no TOML.") from None
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise KeysError(f"The keys in {path} are wrong: {where}: {fault['msg'].lower()}.") from None
    names = [key.name for key in file.keys]
    if len(set(names)) < len(names):
        raise KeysError(f"Two keys in {path} have one name.")
    return file


def _write(path: Path, text: str) -> None:
    """Whole or not at all; mkstemp makes it readable by its owner alone."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except OSError as error:
        raise KeysError(f"The keys cannot be written to {path}: {error.strerror}.") from None
