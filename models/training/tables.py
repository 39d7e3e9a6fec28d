"""Reads the canonical tables (parquet or JSON lines) into examples, with the text rules of serving applied.

A table is `FOLDER/SPLIT.parquet`, `FOLDER/SPLIT.jsonl`, or both. What is wrong with one is a `RecipeError` that names
the file and the row: a misspelt label that is skipped in silence would be training data lost in silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from models.complaint import record_line
from models.examples import Example, move_spans
from models.labels import CONDITION_CLASSES, LANGUAGES, POST_LABELS, SENTIMENTS, URGENCY_LEVELS
from models.serving.spans import trimmed
from models.text import normalise
from models.training.data_rules import TIERS
from models.training.recipe import RecipeError

OWN = "own"
"""The source of rows that name none; without a tier they count as A, because what is yours you may use."""

OTHER = "other"
"""The language of posts in any other one: they teach that what cannot be read is no harm."""

_FOLDERS = {"post": "posts", "condition": "symptoms"}
_REQUIRED = {
    "post": ("text", "lang"),
    "spans": ("text", "lang", "spans"),
    "sentiment": ("text", "lang", "sentiment"),
    "condition": ("text", "lang", "condition"),
    "urgency": ("text", "lang", "urgency"),
}
_ORIGIN = ("source", "licence_tier", "family")
_VITALS = ("sbp", "dbp", "hr", "rr", "bt", "saturation", "nrs_pain")
_CODES = ("arrival_mode", "injury", "mental", "pain")
_OPTIONAL = {
    "post": ("id", *_ORIGIN, "domain", *POST_LABELS),
    "spans": ("id", *_ORIGIN),
    "sentiment": ("id", *_ORIGIN),
    "condition": ("record_id", *_ORIGIN, "age", "sex", "body_part"),
    "urgency": ("record_id", *_ORIGIN, "age", "sex", *_CODES, *_VITALS),
}
_WORDS = ("text", "id", "domain", *_ORIGIN, "sex", "body_part")
_MOST_LISTED = 10
Row = Mapping[str, Any]


def read_examples(data: Path, task: str, split: str) -> list[Example]:
    """All rows of one task (`split` is train or dev); rows without text after cleaning are left out.

    A task without any table has no rows. Raises RecipeError for a split that is missing and for any faulty row.
    """
    folder = data / _FOLDERS.get(task, task)
    if task == "post" and not folder.is_dir():
        folder = data
    paths = [path for path in (folder / f"{split}.parquet", folder / f"{split}.jsonl") if path.is_file()]
    if not paths and folder.is_dir() and any(path.suffix in (".parquet", ".jsonl") for path in folder.iterdir()):
        raise RecipeError(f"{folder} has tables but none for {split}: {split}.parquet or {split}.jsonl.")
    return [example for path in paths for example in _read_table(path, task) if example.text]


def _read_table(path: Path, task: str) -> Iterator[Example]:
    read, unit = (_parquet_rows, "row") if path.suffix == ".parquet" else (_json_rows, "line")
    unlabelled = dict.fromkeys((*_REQUIRED[task], *_OPTIONAL[task]))
    for number, given in read(path):
        try:
            example = _BUILDERS[task](_complete(given, unlabelled, _REQUIRED[task]))
        except ValueError as error:  # every check of a row raises one
            raise RecipeError(f"{path}, {unit} {number}: {error}.") from None
        example.raw = given["text"]
        yield example


def _parquet_rows(path: Path) -> Iterator[tuple[int, Any]]:
    number = 0
    for batch in pq.ParquetFile(path).iter_batches(8192):
        for row in batch.to_pylist():
            number += 1
            yield number, row


def _json_rows(path: Path) -> Iterator[tuple[int, Any]]:
    """The lines with what they hold; a line that is no JSON is handed on as it is, to be refused with its number."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    yield number, json.loads(line)
                except ValueError:  # no JSON, or not UTF-8
                    yield number, line


def _complete(given: object, unlabelled: Row, required: Sequence[str]) -> Row:
    """The row with every column of its table, NULL where it has none."""
    if not isinstance(given, dict):
        raise ValueError("not a JSON object")
    if unknown := [name for name in given if name not in unlabelled]:
        raise ValueError(f"unknown column {', '.join(unknown)}; this table knows {', '.join(unlabelled)}")
    row = {**unlabelled, **given}
    if missing := [name for name in required if row[name] is None]:
        raise ValueError(f"{', '.join(missing)} missing")
    if wrong := [name for name in _WORDS if not isinstance(row.get(name), str | None)]:
        raise ValueError(f"{', '.join(wrong)} is not a string")
    if row["licence_tier"] is not None:
        _position(row, "licence_tier", TIERS)
    _position(row, "lang", (*LANGUAGES, OTHER) if "toxicity" in row else LANGUAGES)
    return row


def _post(row: Row) -> Example:
    labels = np.array([_label(row, label) for label in POST_LABELS], dtype=np.float32)
    return Example(
        normalise(row["text"]).text, *_origin(row), "post",
        post=labels, family=row["family"] or "", id=row["id"] or "", domain=row["domain"] or "",
    )  # fmt: skip


def _spans(row: Row) -> Example:
    clean = normalise(row["text"])
    # A token holds the space before it: with white space at a span's end, the next word would be taught as toxic.
    spans = [trimmed(row["text"], start, end) for start, end in _intervals(row["spans"], len(row["text"]))]
    lang, source, tier = _origin(row, source="toxic_spans")
    return Example(
        clean.text, lang, source, tier, "spans", spans=move_spans(spans, clean.offsets), family=row["family"] or ""
    )


def _sentiment(row: Row) -> Example:
    text, target = normalise(row["text"]).text, _position(row, "sentiment", SENTIMENTS)
    return Example(text, *_origin(row), "sentiment", sentiment=target, family=row["family"] or "")


def _condition(row: Row) -> Example:
    target = _position(row, "condition", CONDITION_CLASSES)
    return Example(record_line(row), *_origin(row), "condition", condition=target, family=row["family"] or "")


def _urgency(row: Row) -> Example:
    target = _position(row, "urgency", URGENCY_LEVELS)
    return Example(record_line(row), *_origin(row), "urgency", urgency=target, family=row["family"] or "")


_BUILDERS: Mapping[str, Callable[[Row], Example]] = {
    "post": _post, "spans": _spans, "sentiment": _sentiment, "condition": _condition, "urgency": _urgency,
}  # fmt: skip


def _origin(row: Row, source: str = OWN) -> tuple[str, str, str]:
    return row["lang"], row["source"] or source, row["licence_tier"] or "A"


def _label(row: Row, name: str) -> float:
    value = row[name]
    if value is None:
        return float("nan")
    if value not in (0, 1):
        raise ValueError(f"{name} is {value!r}, neither 0, 1 nor null")
    return float(value)


def _position(row: Row, name: str, known: Sequence[str] | Sequence[int]) -> int:
    if row[name] not in known:
        listed = ", ".join(map(str, known)) if len(known) <= _MOST_LISTED else f"the {len(known)} in models/labels.py"
        raise ValueError(f"{name} is {row[name]!r}, none of {listed}")
    return list(known).index(row[name])


def _intervals(spans: Any, length: int) -> Sequence[Sequence[int]]:
    is_list = isinstance(spans, list) and all(isinstance(s, list) and len(s) == 2 for s in spans)
    if not is_list or not all(isinstance(end, int) and 0 <= start < end <= length for start, end in spans):
        raise ValueError("spans is no list of [start, end) intervals inside the text")
    return list(spans)
