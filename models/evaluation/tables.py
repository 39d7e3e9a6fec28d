"""Reads tables in the canonical columns: Parquet, JSON lines or CSV, each row checked."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from models.complaint import with_numbers
from models.evaluation.rows import EvaluationError, Row
from models.labels import CLASS_HEADS, POST_LABELS
from models.text import detect_language, normalise
from models.text.visits import SYMPTOM_COLUMNS, symptom_fields

Record = Mapping[str, Any]
LABEL_COLUMNS: Final = (*POST_LABELS, "spans", *CLASS_HEADS)
RAW: Final = "text_raw"


def read_tables(
    paths: Sequence[Path], classes: Mapping[str, Sequence[str]], slice_column: str = "slice", labelled: bool = True
) -> list[Row]:
    """The rows of all files, those without text after cleaning left out.

    The text of a row is its `text_raw`, what a service receives, where the table has that column; spans, which are
    intervals into `text`, cannot be measured then. What is measured is told from the columns: post labels,
    `sentiment`, `spans`, `condition`, `urgency`. A row without `source` belongs to the name of its file, one without
    `lang` to the language of its script.

    Args:
        classes: {head: its labels in order}, as the model knows them.
        slice_column: another column to group by; one other than `slice` must be there.
        labelled: whether a table must hold a column with labels.

    Raises:
        EvaluationError: a file, a column or a value is wrong.
    """
    rows: list[Row] = []
    for path in paths:
        records = read_records(path)
        check_columns(path, columns_of(records), slice_column, labelled)
        rows += read_rows(path, records, classes, slice_column)
    if not rows:
        raise EvaluationError("The tables hold no rows with a text.")
    return rows


def columns_of(records: Sequence[Record]) -> set[str]:
    """Of any of the records."""
    return {name for record in records for name in record}


def read_rows(
    path: Path, records: Sequence[Record], classes: Mapping[str, Sequence[str]], slice_column: str = "slice"
) -> list[Row]:
    """The rows of the records of one file; see `read_tables`. Raises EvaluationError, which names the row."""
    rows = []
    for number, record in enumerate(records, start=1):
        try:
            row = _row(record, path.stem, classes, slice_column)
        except ValueError as error:
            raise EvaluationError(f"{path}, row {number}: {error}.") from None
        if row.read()[1][0].text:
            rows.append(row)
    return rows


def read_records(path: Path) -> list[Record]:
    """All records of a file, unchecked. Raises EvaluationError where it is no table."""
    readers: dict[str, Callable[[Path], Iterable[Record]]] = {
        ".parquet": _parquet, ".jsonl": _json_lines, ".csv": _comma_separated,
    }  # fmt: skip
    reader = readers.get(path.suffix)
    if reader is None:
        raise EvaluationError(f"{path} is not a table: its name must end in {', '.join(readers)}.")
    try:
        return list(reader(path))
    except OSError as error:
        raise EvaluationError(f"{path} cannot be read: {error.strerror or 'not a table'}.") from None
    except (ValueError, csv.Error) as error:  # not JSON, not UTF-8, not Parquet
        raise EvaluationError(
            f"{path} cannot be read: it is no {path.suffix[1:]} file ({type(error).__name__})."
        ) from None


def _parquet(path: Path) -> Iterator[Record]:
    try:
        import pyarrow.parquet as pq
    except ImportError:
        raise EvaluationError(
            f"{path} needs pyarrow; install it with: pip install 'tidegate[train]', or give JSON lines or CSV."
        ) from None
    for batch in pq.ParquetFile(path).iter_batches(8192):
        yield from batch.to_pylist()


def _json_lines(path: Path) -> Iterator[Record]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                record = json.loads(line)
                if not isinstance(record, dict):
                    raise ValueError("a line is not an object")
                yield record


def _comma_separated(path: Path) -> Iterator[Record]:
    """An empty cell is a missing value; spans are JSON, such as [[0, 5]]."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for number, record in enumerate(csv.DictReader(lines, strict=True), start=1):
            if None in record or None in record.values():
                raise EvaluationError(f"{path}, row {number}: it has not as many cells as the first line has names.")
            cells: dict[str, Any] = {name: value or None for name, value in record.items() if name}
            if cells.get("spans"):
                cells["spans"] = json.loads(cells["spans"])
            yield cells


def check_columns(path: Path, columns: set[str], slice_column: str = "slice", labelled: bool = True) -> None:
    """Raises EvaluationError where a column is missing."""
    if "text" not in columns:
        raise EvaluationError(f"{path} has no column `text`.")
    if slice_column not in columns and slice_column != "slice":
        raise EvaluationError(f"{path} has no column `{slice_column}` to group by.")
    if labelled and columns.isdisjoint(LABEL_COLUMNS):
        raise EvaluationError(f"{path} has no labels: none of its columns is {', '.join(LABEL_COLUMNS)}.")


def _row(record: Record, stem: str, classes: Mapping[str, Sequence[str]], slice_column: str) -> Row:
    """Raises ValueError with what is wrong, without the text."""
    text = record.get("text") if record.get(RAW) is None else record[RAW]
    if not isinstance(text, str | None):
        raise ValueError("`text` is not a text")
    if record.get("spans") is not None and record.get(RAW) is not None:
        raise ValueError(f"it has `spans`, which are intervals into `text`, and `{RAW}`")
    text = text or ""
    is_symptom = any(record.get(name) is not None for name in SYMPTOM_COLUMNS)
    clean = normalise(text).text
    return Row(
        text,
        "symptoms" if is_symptom else "posts",
        str(record.get("lang") or detect_language(clean)),
        str(record.get("source") or stem),
        str(record.get(slice_column) or ""),
        with_numbers(symptom_fields(record, clean)) if is_symptom else None,
        {label: _bit(label, record[label]) for label in POST_LABELS if record.get(label) is not None},
        {
            head: _position(head, record[head], classes.get(head, ()))
            for head in CLASS_HEADS if record.get(head) is not None
        },
        None if record.get("spans") is None else _spans(record["spans"], len(text)),
        *(str(record.get(name) or "") for name in ("domain", "category", "id")),
    )  # fmt: skip


def _bit(label: str, value: object) -> int:
    if str(value).removesuffix(".0") not in ("0", "1"):
        raise ValueError(f"{label} is {value!r}; it must be 1, 0 or empty")
    return int(str(value)[0])


def _position(head: str, value: object, labels: Sequence[str]) -> int:
    name = str(value).removesuffix(".0")
    if name not in labels:
        raise ValueError(f"{head} is {value!r}, which this model does not know")
    return labels.index(name)


def _spans(value: object, length: int) -> tuple[tuple[int, int], ...]:
    try:
        spans = tuple((int(start), int(end)) for start, end in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise ValueError("`spans` is not a list of [start, end) pairs") from None
    if any(not 0 <= start <= end <= length for start, end in spans):
        raise ValueError("a span does not lie in the text")
    return spans
