"""Reads the canonical parquet tables into examples, with the text rules of serving applied."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from models.labels import CONDITIONS, POST_LABELS, SENTIMENTS
from models.rendering import SymptomFields, render_symptoms
from models.text import NormalisedText, normalise
from models.training.examples import Example, Intervals

TASKS = ("post", "spans", "sentiment", "condition", "urgency")
_FOLDERS = {"post": "posts", "condition": "symptoms"}
_ARRIVALS = {
    1: "walking", 2: "public ambulance", 3: "private car", 4: "private ambulance",
    5: "public transport or police", 6: "wheelchair",
}  # fmt: skip
_CONSCIOUSNESS = {1: "alert", 2: "verbal", 3: "pain", 4: "unresponsive"}

Row = Mapping[str, Any]


def read_examples(data: Path, task: str, split: str) -> list[Example]:
    """All rows of one table (`split` is train or dev); rows without text after cleaning are left out."""
    table = pq.read_table(data / _FOLDERS.get(task, task) / f"{split}.parquet")
    build = {
        "post": _post,
        "spans": _spans,
        "sentiment": _sentiment,
        "condition": _condition,
        "urgency": _urgency,
    }
    return [example for row in _rows(table) if (example := build[task](row)).text]


def _rows(table: Any) -> Iterator[Row]:
    for batch in table.to_batches(max_chunksize=8192):
        yield from batch.to_pylist()


def _post(row: Row) -> Example:
    labels = np.array([np.nan if row[label] is None else row[label] for label in POST_LABELS], dtype=np.float32)
    return Example(normalise(row["text"]).text, row["lang"], row["source"], row["licence_tier"], "post", post=labels)


def _spans(row: Row) -> Example:
    clean = normalise(row["text"])
    spans = map_spans(clean, row["spans"])
    return Example(clean.text, row["lang"], "toxic_spans", "A", "spans", spans=spans)


def _sentiment(row: Row) -> Example:
    text = normalise(row["text"]).text
    target = SENTIMENTS.index(row["sentiment"])
    return Example(text, row["lang"], row["source"], row["licence_tier"], "sentiment", sentiment=target)


def _condition(row: Row) -> Example:
    fields = SymptomFields(
        normalise(row["text"]).text, age=row["age"], sex=row["sex"], body_part=row["body_part"]
    )  # fmt: skip
    text = render_symptoms(fields).text
    target = CONDITIONS.index(row["condition"])
    return Example(text, row["lang"], row["source"], row["licence_tier"], "condition", condition=target)


def _urgency(row: Row) -> Example:
    text = render_symptoms(urgency_fields(row)).text
    return Example(text, row["lang"], row["source"], row["licence_tier"], "urgency", urgency=row["urgency"] - 1)


def urgency_fields(row: Row) -> SymptomFields:
    """Translate the codes of the urgency table (see the data's codebook) into plain values."""
    return SymptomFields(
        normalise(row["text"]).text,
        age=row["age"],
        sex=row["sex"],
        heart_rate=row["hr"],
        respiratory_rate=row["rr"],
        systolic=row["sbp"],
        diastolic=row["dbp"],
        temperature=row["bt"],
        saturation=row["saturation"],
        pain=row["nrs_pain"] if row["pain"] else None,
        injury=None if row["injury"] is None else bool(row["injury"]),
        arrival=_ARRIVALS.get(row["arrival_mode"]),
        consciousness=_CONSCIOUSNESS.get(row["mental"]),
    )


def map_spans(clean: NormalisedText, spans: Sequence[Sequence[int]]) -> Intervals:
    """Intervals of the original text moved to the cleaned text; those that cleaning removed are dropped."""
    offsets = clean.offsets
    moved = [(bisect_left(offsets, start), bisect_left(offsets, end)) for start, end in spans]
    return tuple((start, end) for start, end in moved if start < end)
