"""A policy that travels: one text, without the files that it names."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from streams.policy.entries import names_files, with_entries
from streams.policy.file import Policy


def bundled(path: Path) -> str:
    """What the file says, to the letter where it names no other; else the same policy written anew, with what those
    hold in their place and without remarks.

    Raises PolicyError.
    """
    Policy.load(path)
    text = path.read_text("utf-8")
    document = tomllib.loads(text)
    if not names_files(document):
        return text
    return written(with_entries(document, path.parent))


def written(document: Mapping[str, Any]) -> str:
    """A policy as a file holds it."""
    return "".join(f"{name} = {_value(value)}\n" for name, value in document.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(name)} = {_value(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + "".join(f"\n  {_value(inner)}," for inner in value) + "]"
    if isinstance(value, date):
        return value.isoformat()
    # JSON's strings are TOML's, but for this one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
