"""Lists and keywords that lie in files of their own, beside the policy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from streams.policy.base import PolicyError

_SECTIONS: Final = (("lists", "entries"), ("keywords", "words"))


def names_files(document: Mapping[str, Any]) -> bool:
    return any("file" in table for section, _ in _SECTIONS for table in _tables(document, section).values())


def with_entries(document: Mapping[str, Any], folder: Path | None) -> dict[str, Any]:
    """The policy with what the files hold in the place of `file`, so that its hash covers them.

    A line is one entry; of a list, an expiry and a why may follow, with tabs between. `#` begins a remark.

    Args:
        folder: of the policy: paths are relative to it. None: no file may be named.

    Raises:
        PolicyError: a file cannot be read or may not be named, or a list has one beside what it says itself.
    """
    filled = dict(document)
    for section, key in _SECTIONS:
        for name, table in _tables(document, section).items():
            if "file" in table:
                entries = _read(table, key, folder, f"{section}.{name}")
                rest = {field: value for field, value in table.items() if field != "file"}
                filled[section] = {**filled[section], name: {**rest, key: entries}}
    return filled


def _tables(document: Mapping[str, Any], section: str) -> dict[str, dict[str, Any]]:
    """Of what is no table the schema will say so."""
    tables = document.get(section)
    return {name: one for name, one in tables.items() if isinstance(one, dict)} if isinstance(tables, dict) else {}


def _read(table: Mapping[str, Any], key: str, folder: Path | None, where: str) -> list[Any]:
    if key in table:
        raise PolicyError(f"The policy's {where} has {key} and a file; one is enough.")
    if folder is None:
        raise PolicyError(f"The policy's {where} names a file, which cannot travel; run `tidegate policy bundle`.")
    path = folder / str(table["file"])
    try:
        lines = [line.strip("\r\n ") for line in path.read_text("utf-8").splitlines()]
    except (OSError, ValueError) as error:
        fault = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise PolicyError(f"The policy's {where} names {path}, which cannot be read: {fault}.") from None
    said = [line for line in lines if line.strip() and not line.startswith("#")]
    return [_entry(line) for line in said] if key == "entries" else said


def _entry(line: str) -> dict[str, str]:
    return {
        name: part
        for name, part in zip(("value", "expires", "why"), map(str.strip, line.split("\t")), strict=False)
        if part
    }
