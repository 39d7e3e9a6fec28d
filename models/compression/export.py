"""Turns a finished run into an artifact: calibrate, build the graphs, check parity, write the folder.

Nothing is written to `out` unless the parity gate holds, and the folder appears whole or not at all.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from tokenizers import Tokenizer

from models.artifact import Artifact
from models.compression.folder import write_folder
from models.compression.graph import build_graph
from models.compression.linear import Matrix, Precision
from models.compression.parity import Parity, batch_mate_gap, class_agreement, decision_agreement, largest_gap
from models.compression.runtime import onnx_scorer, open_session
from models.training.calibrate import (
    Scale,
    apply_calibration,
    choose_thresholds,
    fit_calibration,
    fold_calibration,
)  # fmt: skip
from models.training.collate import Collator
from models.training.corpus import load_corpus, weakly_labelled
from models.training.evaluate import choose_span_threshold, evaluate_heads
from models.training.examples import Example
from models.training.network import Network
from models.training.predict import Logits, Scorer, predict, torch_scorer
from models.training.pretrained import rebuild
from models.training.recipe import RecipeError
from models.training.run_folder import RunFolder

_PARITY_ROWS = 48
_MATES = 24


@dataclass(slots=True)
class Exported:
    """What an export found out, and the bytes of the graph that ships."""

    model: bytes
    thresholds: dict[str, dict[str, float]]
    calibration: dict[str, Scale]
    metrics: dict[str, Any]
    parity: Parity


def export_run(
    run_path: Path,
    out: Path,
    data: Path,
    precision: Precision = "blocks8",
    dev_rows: int | None = None,
    threads: int = 2,
) -> Artifact:
    """Write the artifact of a run to `out`. Raises ParityError, with figures, where the graphs differ too much.

    `dev_rows` caps the dev rows used for calibration and figures, for a quick trial.
    """
    run, console = RunFolder(run_path), Console()
    loaded = run.load_network()
    if loaded is None:
        raise RecipeError(f"{run_path} has no checkpoint to export.")
    network, progress = loaded
    recipe = run.recipe()
    corpus = load_corpus(data, recipe.data, recipe.seed)
    tokenizer = Tokenizer.from_file(str(run.tokenizer))
    collator = Collator(tokenizer, network.shape.positions, network.shape.pad_id)
    dev = _sample(corpus.dev, dev_rows, recipe.seed)
    console.print(f"calibrating on {len(dev):,} dev rows")
    exported = _export(network, collator, dev, weakly_labelled(dev, recipe.data), precision, threads)
    exported.parity.check()
    exported.metrics["training"] = {
        "steps": progress.step,
        "rows": progress.rows,
        "minutes": round(progress.elapsed_s / 60, 1),
    }
    if run.note.is_file():
        exported.metrics["training"]["note"] = run.note.read_text(encoding="utf-8").strip()
    if run.baseline.is_file():
        exported.metrics["baseline"] = json.loads(run.baseline.read_text(encoding="utf-8"))
    score = onnx_scorer(open_session(exported.model, threads))
    staging = out.with_name(out.name + ".new")
    shutil.rmtree(staging, ignore_errors=True)
    write_folder(staging, exported, recipe, corpus, tokenizer, score, network.shape, precision)
    shutil.rmtree(out, ignore_errors=True)
    staging.rename(out)
    console.print(f"{out}: {len(exported.model) / 1e6:.1f} MB, {exported.parity.as_dict()}")
    return Artifact.load(out)


def _export(
    network: Network,
    collator: Collator,
    dev: Sequence[Example],
    tuning: Sequence[Example],
    precision: Precision,
    threads: int,
) -> Exported:
    """`tuning` are the dev rows with weak negatives, for calibration and thresholds; figures come from `dev`."""
    weights: dict[str, Matrix] = {name: value.numpy() for name, value in network.state_dict().items()}
    shape = network.shape.as_dict()
    texts = [e.text for e in dev]
    raw = predict(_scorer(build_graph(weights, shape, "fp32").SerializeToString(), threads), collator, texts)
    calibration = fit_calibration(tuning, raw)
    folded = fold_calibration(weights, calibration)
    full = _scorer(build_graph(folded, shape, "fp32").SerializeToString(), threads)
    model = build_graph(folded, shape, precision).SerializeToString()
    small = _scorer(model, threads)
    answers = predict(small, collator, texts)
    thresholds = choose_thresholds(tuning, answers)
    spans_at = choose_span_threshold(dev, answers, collator.tokenizer)
    thresholds["spans"] = {"en": spans_at, "zh": spans_at}
    metrics = evaluate_heads(dev, answers, thresholds, collator.tokenizer)
    reference = [apply_calibration(logits, calibration) for logits in raw]
    torch_network = rebuild(shape, {name: _tensor(value) for name, value in folded.items()}).eval()
    parity = _parity(torch_network, full, small, collator, dev, (reference, answers), thresholds)
    return Exported(model, thresholds, calibration, {"dev": metrics, "parity": parity.as_dict()}, parity)


def _parity(
    network: Network, full: Scorer, small: Scorer, collator: Collator, dev: Sequence[Example],
    answers: tuple[Sequence[Logits], Sequence[Logits]], thresholds: dict[str, dict[str, float]],
) -> Parity:  # fmt: skip
    some = [e.text for e in dev[:_PARITY_ROWS]]
    agreement = decision_agreement(dev, *answers, thresholds)
    encoded = [e.ids for e in collator.tokenizer.encode_batch(some[:_MATES])]
    return Parity(
        fp32_logit_gap=largest_gap(predict(torch_scorer(network), collator, some), predict(full, collator, some)),
        int8_logit_gap=largest_gap(*answers),
        int8_agreement=float(np.mean(agreement)),
        int8_worst_label_agreement=min(agreement),
        int8_class_agreement=class_agreement(dev, *answers),
        batch_mate_gap=batch_mate_gap(small, encoded, collator.pad_id),
    )


def _scorer(model: bytes, threads: int) -> Scorer:
    return onnx_scorer(open_session(model, threads))


def _tensor(value: Matrix) -> Any:
    import torch

    return torch.from_numpy(np.ascontiguousarray(value))


def _sample(dev: Sequence[Example], rows: int | None, seed: int) -> list[Example]:
    """All rows in a seeded order, or the first `rows` of them."""
    order = np.random.default_rng(seed).permutation(len(dev))
    return [dev[i] for i in (order if rows is None else order[:rows])]
