"""Labels for rows that another table holds: `labels_*.parquet` or `enrich_*.parquet` beside a table of posts.

A line names a row by its `id` and what it adds: labels, and the tier and source of these, under which they are allowed
or refused like any other. A label that is known already is never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from models.examples import Example
from models.labels import POST_LABELS
from models.training.data_rules import DataRules


def add_labels(examples: Iterable[Example], folders: Iterable[Path], rules: DataRules) -> int:
    """Add what the folders' tables know of the examples, and return how many labels were new."""
    lines: dict[str, list[dict[str, Any]]] = {}
    for line in _lines(folders):
        lines.setdefault(line["id"], []).append(line)
    return sum(_add(example, line, rules) for example in examples for line in lines.get(example.id, ()))


def _lines(folders: Iterable[Path]) -> Iterator[dict[str, Any]]:
    for folder in folders:
        for path in sorted([*folder.glob("posts/labels_*.parquet"), *folder.glob("posts/enrich_*.parquet")]):
            for batch in pq.ParquetFile(path).iter_batches(8192):
                yield from batch.to_pylist()


def _add(example: Example, line: dict[str, Any], rules: DataRules) -> int:
    tier, source = line.get("licence_tier") or "A", line.get("new_source") or example.source
    allowed = rules.may_teach(tier, source)
    added = 0
    for column, label in enumerate(POST_LABELS):
        value = line.get(label)
        if value is None or label not in allowed or not np.isnan(example.post[column]):
            continue
        if rules.says_nothing(source, label, value):
            continue
        example.post[column] = float(value)
        added += 1
    return added
