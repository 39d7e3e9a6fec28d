"""What a part of the factory is worth: short runs from one start that differ in that part alone.

Every run sees the same number of steps. A difference is reported with a paired bootstrap interval over the rows of
dev: both runs are resampled together, because their errors on one post are related. The interval covers the choice of
dev rows and not the chance of training: leaving rows out also changes the order of all the others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score, roc_auc_score
from tokenizers import Tokenizer

from models.examples import Example
from models.labels import POST_LABELS
from models.training.collate import token_targets
from models.training.evaluate import expected_level
from models.training.predict import Logits

DRAWS = 400
DEFORMED = "deformed"
SLICES = {"written": "handwritten", "disguised": DEFORMED}
"""Parts of dev that are no real posts as they came, by their source; figures never mix them with the others."""
Floats = NDArray[np.float64]
Metric = Callable[[Floats, Floats], float]


@dataclass(slots=True, frozen=True)
class Measure:
    """One figure: which dev rows it looks at, what is true of them, what a network says, and how they are compared."""

    name: str
    rows: NDArray[np.int64]
    truth: Floats
    read: Callable[[Logits], float] | Mapping[int, Callable[[Logits], float]]
    """What the network says about a row; by row, where that depends on what is true of the row."""
    metric: Metric

    def values(self, answers: Sequence[Logits]) -> Floats:
        """What the network says about each row."""
        read = self.read
        said = [(read[i] if isinstance(read, Mapping) else read)(answers[i]) for i in self.rows]
        return np.array(said, dtype=np.float64)


def measures(dev: Sequence[Example]) -> list[Measure]:
    """AUROC a post label, language and slice, accuracy or kappa of the other heads."""
    found = []
    for column, label in enumerate(POST_LABELS):
        for lang in ("en", "zh"):
            for part in ("", *SLICES):
                rows = [
                    i for i, e in enumerate(dev)
                    if e.lang == lang and not np.isnan(e.post[column]) and SLICES.get(part, "") == _slice_of(e)
                ]  # fmt: skip
                truth = np.array([dev[i].post[column] for i in rows], dtype=np.float64)
                if min((truth == 1).sum(), (truth == 0).sum()) >= 15:
                    name = f"{label} {lang}" + (f" ({part})" if part else "")
                    found.append(Measure(name, np.array(rows), truth, _logit(column), roc_auc))
    for head in ("sentiment", "condition"):
        for lang in ("en", "zh"):
            rows = [i for i, e in enumerate(dev) if e.lang == lang and getattr(e, head) >= 0]
            truth = np.array([getattr(dev[i], head) for i in rows], dtype=np.float64)
            if len(rows):
                found.append(Measure(f"{head} {lang}", np.array(rows), truth, _class(head), accuracy))
    rows = [i for i, e in enumerate(dev) if e.urgency >= 0]
    if rows:
        truth = np.array([dev[i].urgency for i in rows], dtype=np.float64)
        found.append(Measure("urgency", np.array(rows), truth, lambda a: float(expected_level(a)), kappa))
    return found


def span_measure(dev: Sequence[Example], tokenizer: Tokenizer) -> list[Measure]:
    """Mean over posts of the AUROC of their tokens, on posts with some tokens marked and some not: no threshold needed,
    which short runs have none good for. `tokenizer` cuts texts as the network saw them."""
    readers: dict[int, Callable[[Logits], float]] = {}
    for row, example in enumerate(dev):
        if example.spans:
            marks = token_targets(tokenizer.encode(example.text), example.spans).astype(np.float64)
            if 0 < np.nansum(marks) < np.count_nonzero(~np.isnan(marks)):
                readers[row] = partial(_token_auc, marks)
    rows = np.array(list(readers), dtype=np.int64)
    return [Measure("spans en", rows, np.ones(len(rows)), readers, _mean)] if readers else []


def compare_answers(
    wanted: Sequence[Measure], with_it: Sequence[Logits], without: Sequence[Logits], seed: int
) -> list[dict[str, Any]]:
    """Points with, without, their difference and its 95 % interval, for every measure."""
    return [_compare_one(m, m.values(with_it), m.values(without), seed) for m in wanted]


def _compare_one(measure: Measure, first: Floats, second: Floats, seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    size = len(measure.truth)
    differences = []
    for _ in range(DRAWS):
        rows = random.integers(0, size, size)
        pair = [measure.metric(measure.truth[rows], values[rows]) for values in (first, second)]
        differences.append(pair[0] - pair[1])
    low, high = np.nanpercentile(differences, [2.5, 97.5])
    values = [100 * measure.metric(measure.truth, side) for side in (first, second)]
    return {
        "figure": measure.name, "rows": size, "with": round(values[0], 1), "without": round(values[1], 1),
        "difference": round(values[0] - values[1], 1), "low": round(100 * float(low), 1),
        "high": round(100 * float(high), 1),
    }  # fmt: skip


def ablation_table(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Markdown; a difference whose interval leaves out 0 is bold."""
    lines = [f"### {title}", "", "| dev figure | rows | with | without | difference (95 % interval) |"]
    lines.append("| --- | ---: | ---: | ---: | ---: |")
    for row in rows:
        sure = row["low"] > 0 or row["high"] < 0
        shown = f"{row['difference']:+.1f} ({row['low']:+.1f} to {row['high']:+.1f})"
        shown = f"**{shown}**" if sure else shown
        lines.append(f"| {row['figure']} | {row['rows']:,} | {row['with']} | {row['without']} | {shown} |")
    return "\n".join(lines) + "\n"


def save_table(path: Path, title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep the figures beside the run, so that the report can be written again."""
    path.write_text(json.dumps({"title": title, "rows": list(rows)}, indent=1), encoding="utf-8")


def _slice_of(example: Example) -> str:
    return example.source if example.source in SLICES.values() else ""


def roc_auc(truth: Floats, scores: Floats) -> float:
    """NaN where a draw holds one class only."""
    return float(roc_auc_score(truth, scores)) if 0 < truth.sum() < len(truth) else float("nan")


def accuracy(truth: Floats, answers: Floats) -> float:
    return float((truth == answers).mean())


def kappa(truth: Floats, answers: Floats) -> float:
    """Quadratically weighted, over the five levels."""
    return float(cohen_kappa_score(truth, answers, weights="quadratic", labels=list(range(5))))


def _token_auc(marks: Floats, answer: Logits) -> float:
    real = ~np.isnan(marks)
    return roc_auc(marks[real], answer["spans"][real].astype(np.float64))


def _mean(_: Floats, values: Floats) -> float:
    return float(values.mean())


def _logit(column: int) -> Callable[[Logits], float]:
    return lambda answer: float(answer["post"][column])


def _class(head: str) -> Callable[[Logits], float]:
    return lambda answer: float(answer[head].argmax())
