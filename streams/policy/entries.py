"""Lists and keywords that lie in files of their own, beside the policy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from streams.policy.base import PolicyError


def with_entries(document: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The policy with what the files hold in the place of `file`, so that its hash covers them.

    A line is one entry; of a list, an expiry and a why may follow, with tabs between. `#` begins a remark.

    Args:
        folder: of the policy: paths are relative to it.

    Raises:
        PolicyError: a file cannot be read, or a list names one beside what it says itself.
    """
    filled = dict(document)
    for section, key, read in (("lists", "entries", _entry), ("keywords", "words", str.strip)):
        tables = document.get(section)
        if not isinstance(tables, dict):
            continue
        filled[section] = dict(tables)
        for name, table in tables.items():
            if isinstance(table, dict) and "file" in table:
                filled[section][name] = _filled(table, key, read, folder, f"{section}.{name}")
    return filled


def _filled(table: Mapping[str, Any], key: str, read: Any, folder: Path, where: str) -> dict[str, Any]:
    if key in table:
        raise PolicyError(f"The policy's {where} has {key} and a file; one is enough.")
    path = folder / str(table["file"])
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        fault = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise PolicyError(f"The policy's {where} names {path}, which cannot be read: {fault}.") from None
    said = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return {**{name: value for name, value in table.items() if name != "file"}, key: [read(line) for line in said]}


def _entry(line: str) -> dict[str, str]:
    return {
        name: part
        for name, part in zip(("value", "expires", "why"), map(str.strip, line.split("\t")), strict=False)
        if part
    }
