"""The sets of a suite: every table of some folders, and what the words of its `category` column ask for."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.evaluation.rows import EvaluationError, Row
from models.evaluation.tables import (
    LABEL_COLUMNS,
    Record,
    check_columns,
    columns_of,
    read_records,
    read_rows,
)
from models.labels import POST_LABELS

SUITE_FILE: Final = "suite.toml"
TABLES: Final = (".parquet", ".jsonl", ".csv")
SPLITS: Final = ("train", "dev", "test")
"""A table of such a name is called by its folder, too."""
CATEGORIES: Final[Mapping[str, tuple[str, ...]]] = {
    "abuse": ("toxicity", "insult"),
    "porn": ("sexual",),
    "gambling": ("spam",),
    "fraud": ("spam",),
    "illicit_ads": ("spam",),
    "clean": (),
}
"""{category: labels of which one has to stand}; none: no label may stand."""


@dataclass(slots=True, frozen=True)
class SuiteSet:
    """The rows of one table."""

    name: str
    rows: Sequence[Row]
    categories: Mapping[str, tuple[str, ...]]
    """Of the words of its `category` column those whose labels are known."""

    @property
    def is_ordinary(self) -> bool:
        """Text of everyday domains, no row of which has a label: it counts false alarms, and has no other figures."""
        return all(row.domain and not any(row.labels.values()) for row in self.rows)


@dataclass(slots=True, frozen=True)
class Skipped:
    """What of a suite is not measured, and why. `reason` is one sentence."""

    name: str
    reason: str


def read_suite(
    places: Sequence[Path], classes: Mapping[str, Sequence[str]], limit: int | None = None
) -> tuple[list[SuiteSet], list[Skipped]]:
    """The sets of all folders in order of their names; a place may be a single table.

    A table that none of the model's heads can answer is skipped. `limit` takes so many rows of each table, chosen by a
    hash, so that all models meet the same ones.

    Raises:
        EvaluationError: there is no such folder, it holds no table, or a table is wrong.
    """
    sets: list[SuiteSet] = []
    skipped: list[Skipped] = []
    for place in places:
        known = {**CATEGORIES, **_own_categories(place if place.is_dir() else place.parent)}
        for path in _tables(place):
            _read(path, known, classes, limit, sets, skipped)
    if not sets:
        raise EvaluationError("No table of the suite has labels that this model answers.")
    if len(names := {one.name for one in sets}) < len(sets):
        raise EvaluationError(f"Two tables of the suite have one name; the names are {', '.join(sorted(names))}.")
    return sets, skipped


def half_of(row: Row) -> int:
    """0 or 1, by a hash of the row: what is chosen on one half is shown on the other."""
    return _hash("half", row.id or row.text) % 2


def _read(
    path: Path, known: Mapping[str, tuple[str, ...]], classes: Mapping[str, Sequence[str]], limit: int | None,
    sets: list[SuiteSet], skipped: list[Skipped],
) -> None:  # fmt: skip
    name = f"{path.parent.name}/{path.stem}" if path.stem in SPLITS else path.stem
    records = read_records(path)
    columns = columns_of(records)
    check_columns(path, columns, labelled=False)
    if columns.isdisjoint(LABEL_COLUMNS):
        others = " of posts: `risk_tier` belongs to triage" if "risk_tier" in columns else ""
        skipped.append(Skipped(name, f"It has no column of labels{others}."))
        return
    rows = read_rows(path, _sample(records, limit), classes)
    if not rows:
        skipped.append(Skipped(name, "It holds no rows with a text."))
        return
    words = {row.category for row in rows if row.category}
    unknown = sorted(words - set(known))
    skipped += [Skipped(f"{name}, category {word}", f"No labels are named for it in {SUITE_FILE}.") for word in unknown]
    sets.append(SuiteSet(name, rows, {word: known[word] for word in sorted(words & set(known))}))


def _tables(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    paths = sorted(path for path in place.iterdir() if path.suffix in TABLES)
    if not paths:
        raise EvaluationError(f"{place} holds no table: no file's name ends in {', '.join(TABLES)}.")
    return paths


def _own_categories(folder: Path) -> dict[str, tuple[str, ...]]:
    """What the folder's `suite.toml` says: a table `categories` of lists of labels."""
    path = folder / SUITE_FILE
    if not path.is_file():
        return {}
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except ValueError:
        raise EvaluationError(f"{path} is not a TOML file.") from None
    categories = document.pop("categories", {})
    if document or not isinstance(categories, dict):
        raise EvaluationError(f"{path} may hold one table, `categories`, and nothing else.")
    for word, labels in categories.items():
        if not isinstance(labels, list) or not set(labels) <= set(POST_LABELS):
            raise EvaluationError(f"{path}: category {word} must be a list of labels: {', '.join(POST_LABELS)}.")
    return {word: tuple(labels) for word, labels in categories.items()}


def _sample(records: Sequence[Record], limit: int | None) -> Sequence[Record]:
    if limit is None or len(records) <= limit:
        return records
    keys = [_hash("sample", str(record.get("id") or record["text"])) for record in records]
    chosen = sorted(sorted(range(len(records)), key=lambda place: keys[place])[:limit])
    return [records[place] for place in chosen]


def _hash(purpose: str, key: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{purpose}/{key}".encode(), digest_size=8).digest())
