"""The rows of a recipe as one file: read, screened and labelled here, the same to the last label elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.examples import Example
from models.labels import CLASS_HEADS, POST_LABELS

ROWS = "rows.parquet"
"""In place of the tables of a data folder."""
_WORDS = ("text", "lang", "source", "tier", "task", "domain")
_SPLIT, _NOTES = "split", b"notes"
_LEVEL = 22
"""Of zstd, the highest; its window is then longer than all texts together, and every repetition is found."""


def write_rows(path: Path, splits: Mapping[str, Sequence[Example]], notes: Mapping[str, Any]) -> None:
    """Write examples by split, in order, with `notes` about them. What only matters until rows are screened
    (`raw`, `id` and `family`) is left out."""
    examples = [e for rows in splits.values() for e in rows]
    columns: dict[str, Any] = {_SPLIT: [name for name, rows in splits.items() for _ in rows]}
    columns |= {name: [getattr(e, name) for e in examples] for name in _WORDS}
    posts = np.array([e.post for e in examples], dtype=np.float32).reshape(-1, len(POST_LABELS))
    columns |= {label: pa.array(posts[:, i], mask=np.isnan(posts[:, i])) for i, label in enumerate(POST_LABELS)}
    columns |= {name: pa.array([getattr(e, name) for e in examples], pa.int16()) for name in CLASS_HEADS}
    columns["spans"] = pa.array([e.spans for e in examples], pa.list_(pa.list_(pa.int32())))
    table = pa.table(columns).replace_schema_metadata({_NOTES: json.dumps(notes)})
    pq.write_table(
        table, path, compression="zstd", compression_level=_LEVEL, row_group_size=len(examples) + 1,
        data_page_size=1 << 30, use_dictionary=[name for name in columns if name not in ("text", "spans")],
    )  # fmt: skip


def read_rows(path: Path) -> tuple[dict[str, list[Example]], dict[str, Any]]:
    """The examples by split and the notes, as they were given to `write_rows`."""
    table = pq.read_table(path)
    posts = np.column_stack([table[label].to_numpy().astype(np.float32) for label in POST_LABELS])
    others = [_SPLIT, *_WORDS, *CLASS_HEADS, "spans"]
    splits: dict[str, list[Example]] = {}
    for post, values in zip(posts, zip(*(table[name].to_pylist() for name in others), strict=True), strict=True):
        row = dict(zip(others, values, strict=True))
        spans = row.pop("spans")
        example = splits.setdefault(row.pop(_SPLIT), [])
        example.append(Example(**row, post=post, spans=None if spans is None else tuple(map(tuple, spans))))
    return splits, json.loads(table.schema.metadata[_NOTES])
