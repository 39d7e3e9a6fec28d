"""What all sections of a recipe have in common: nothing in them is misspelt, and nothing changes them."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of a recipe's TOML."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def check_names(field: str, names: Iterable[str], known: tuple[str, ...]) -> None:
    """Raises ValueError where one is not among the known ones."""
    for name in names:
        if name not in known:
            raise ValueError(f"{field} names {name}, which is none of {', '.join(known)}")
