"""What a setting may hold, where a type of Python does not say it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from streams.tasks import declared

_ADDRESS = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):(\d{1,5})")
_PICTURE_MODEL = re.compile(r"(?P<address>.+?)(?:@(?P<digest>[0-9a-fA-F]{64}))?")
MIN_KEY_BYTES: Final = 32
_TOPIC_PREFIX = re.compile(r"[A-Za-z0-9._-]{1,200}")


def _addresses(value: str) -> str:
    parts = [part.strip() for part in value.split(",")]
    for part in parts:
        match = _ADDRESS.fullmatch(part)
        if match is None or not 0 < int(match[1]) < 65_536:
            raise ValueError("must be host:port, several separated by commas")
    return ",".join(parts)


def _topic_prefix(value: str) -> str:
    if not _TOPIC_PREFIX.fullmatch(value):
        raise ValueError("may hold letters, digits, dots, dashes and underscores, 200 at most")
    return value


def _existing(path: Path) -> Path:
    try:
        is_there = path.is_file()
    except OSError as error:
        raise ValueError(f"it cannot be read ({error.strerror})") from None
    if not is_there:
        raise ValueError("there is no such file")
    return path


def read_secret(path: Path) -> SecretStr:
    try:
        return SecretStr(path.read_text("utf-8").rstrip("\r\n"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ValueError(f"sasl_password_file {path} cannot be read: {reason}") from None


def read_key(path: Path) -> bytes:
    """A secret that is hashed with. Raises ValueError: there is none, or nobody would call it one."""
    try:
        content = path.read_bytes().strip()
    except OSError as error:
        raise ValueError(f"author_key_file {path} cannot be read: {error.strerror or type(error).__name__}") from None
    if len(content) < MIN_KEY_BYTES:
        raise ValueError(f"author_key_file {path} holds less than {MIN_KEY_BYTES} bytes")
    return content


def _task(name: str) -> str:
    if name not in declared():
        *others, last = (f"'{known}'" for known in declared())
        raise ValueError(f"it must be {', '.join(others)} or {last}" if others else f"it must be {last}")
    return name


class PictureModel(NamedTuple):
    """Where a picture classifier lies."""

    address: str
    """A folder, or what fsspec can open."""
    digest: str | None
    """SHA-256 of its manifest; None: whatever lies in the folder."""


def picture_model(said: str) -> PictureModel:
    """Raises ValueError for an address without a hash: who can write there decides what is served."""
    found = _PICTURE_MODEL.fullmatch(said)
    if found is None:
        raise ValueError("must be a folder, or an address and the hash of its manifest: ADDRESS@SHA256")
    digest = found["digest"]
    if digest is None and "://" in said:
        raise ValueError("an address needs the hash of its manifest: ADDRESS@SHA256")
    address = found["address"] if "://" in said else str(Path(found["address"]).expanduser())
    return PictureModel(address, digest and digest.lower())


def _is_picture_model(said: str) -> str:
    picture_model(said)
    return said


def _list(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


UserPath = Annotated[Path, AfterValidator(Path.expanduser)]  # a TOML file or a container knows no shell that expands ~
File = Annotated[UserPath, AfterValidator(_existing)]
Addresses = Annotated[str, AfterValidator(_addresses)]
TopicPrefix = Annotated[str, AfterValidator(_topic_prefix)]
TaskNames = Annotated[list[Annotated[str, AfterValidator(_task)]], NoDecode, BeforeValidator(_list)]
PictureModels = Annotated[list[Annotated[str, AfterValidator(_is_picture_model)]], NoDecode, BeforeValidator(_list)]
