"""The result of screening: what was taken out, for which reason, and the rows that are left."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.examples import UNKNOWN, Example
from models.labels import CLASS_HEADS, POST_LABELS
from models.screening.rules import ScreeningRules

BLOCKED, EXACT, NEAR = "blocked text", "exact duplicate", "near duplicate"
CONFLICT, SUSPECT = "conflicting labels", "likely label error"
EMPTY = "no label left"
MASKS = (CONFLICT, SUSPECT)
"""Reasons that take one label of a row; the others take the row."""

TARGETS = (*POST_LABELS, *CLASS_HEADS)


@dataclass(slots=True, frozen=True)
class Drop:
    """One decision, without any text. `detail` is the label of a mask, or the source that a duplicate repeats."""

    index: int
    task: str
    source: str
    reason: str
    detail: str = ""


@dataclass(slots=True)
class Screened:
    """`kept` are the examples themselves, or copies where labels were masked; `key` names rules and rows."""

    kept: list[Example]
    dropped: list[Drop]
    key: str

    def counts(self) -> Counter[str]:
        """Rows (or labels of rows, named) by task, source and reason."""
        return Counter(
            f"{d.task} {d.source}: {d.reason}" + (f" ({d.detail})" if d.reason in MASKS else "") for d in self.dropped
        )

    def save(self, path: Path) -> None:
        """Write the decisions as JSON; texts are never written."""
        document = {"key": self.key, "dropped": [asdict(drop) for drop in self.dropped]}
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(json.dumps(document), encoding="utf-8")
        fresh.replace(path)

    @classmethod
    def load(cls, path: Path, examples: Sequence[Example], key: str) -> Screened | None:
        """The decisions of a file applied to the same rows, or None where the file is absent or of another key."""
        if not path.is_file():
            return None
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["key"] != key:
            return None
        drops = [Drop(**drop) for drop in document["dropped"]]
        return cls(apply_drops(examples, drops), drops, key)


def screening_key(examples: Iterable[Example], rules: ScreeningRules, blocked: frozenset[str]) -> str:
    """Equal for equal rules, blocked hashes and rows with their targets, in the same order."""
    digest = hashlib.sha256(rules.model_dump_json().encode())
    digest.update("".join(sorted(blocked)).encode())
    for e in examples:
        row = (e.task, e.lang, e.source, e.tier, e.text, e.sentiment, e.condition, e.urgency, e.spans, e.family)
        digest.update(repr(row).encode("utf-8", "replace") + e.post.tobytes())
    return digest.hexdigest()[:16]


def apply_drops(examples: Sequence[Example], drops: Iterable[Drop]) -> list[Example]:
    """The rows without those that were dropped; rows that lost a label are copies."""
    gone: set[int] = set()
    masked: dict[int, list[str]] = {}
    for drop in drops:
        if drop.reason in MASKS:
            masked.setdefault(drop.index, []).append(drop.detail)
        else:
            gone.add(drop.index)
    return [
        mask_labels(example, masked[index]) if index in masked else example for index, example in enumerate(examples)
        if index not in gone
    ]  # fmt: skip


def mask_labels(example: Example, labels: Iterable[str]) -> Example:
    """A copy in which the labels are unknown."""
    copy = replace(example, post=example.post.copy())
    for label in labels:
        if label in POST_LABELS:
            copy.post[POST_LABELS.index(label)] = np.nan
        else:
            setattr(copy, label, UNKNOWN)
    return copy


def target_table(examples: Sequence[Example]) -> NDArray[np.float32]:
    """All targets but spans, [rows, TARGETS], NaN where unknown."""
    classes = np.array([[getattr(e, name) for name in CLASS_HEADS] for e in examples], dtype=np.float32)
    classes = classes.reshape(-1, len(CLASS_HEADS))
    classes[classes == UNKNOWN] = np.nan
    post = np.array([e.post for e in examples], dtype=np.float32).reshape(-1, len(POST_LABELS))
    return np.hstack([post, classes])


def teaches(example: Example) -> bool:
    """Whether any target of the row is known."""
    known = example.spans is not None or any(getattr(example, name) != UNKNOWN for name in CLASS_HEADS)
    return known or not bool(np.isnan(example.post).all())
