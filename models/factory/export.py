"""Turns a finished run into an artifact: calibrate, build the graphs, check parity, write the folder.

Nothing is written to `out` unless the parity gate holds, and the folder appears whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from tokenizers import Tokenizer

from models.artifact import Artifact, Cascade
from models.compression.activation import Batch, calibrate_activations
from models.compression.graph import build_graph, build_upper_graph
from models.compression.half import to_half
from models.compression.linear import SHIPPED, Matrix
from models.compression.runtime import onnx_scorer, open_session
from models.examples import Example
from models.factory.artifact_folder import replace_folder, staging_folder, write_folder
from models.factory.compare import shipped_summaries, summary
from models.factory.fit import FitRules, fit_folder
from models.factory.judge import DevRows, cascade_figures, choose_cascade, judge
from models.factory.parity import (
    Parity,
    batch_mate_gap,
    class_agreement,
    decision_agreement,
    head_losses,
    largest_gap,
)
from models.factory.recipe_file import find_suite
from models.training.calibrate import (
    Scale,
    apply_calibration,
    fit_calibration,
    fold_calibration,
)  # fmt: skip
from models.training.collate import Collator, pad
from models.training.corpus import Corpus, load_corpus
from models.training.network import Network
from models.training.predict import Logits, Scorer, predict, torch_scorer
from models.training.pretrained import rebuild
from models.training.recipe import RecipeError
from models.training.run_folder import Progress, RunFolder

_PARITY_ROWS = 48
_MATES = 24
_CALIBRATION_ROWS = 64
"""Training rows of each task and language that the scales of activations are measured on."""
_BATCH = 16


@dataclass(slots=True)
class Exported:
    """What an export found out, and the bytes of the graphs that ship."""

    model: bytes
    upper: bytes
    half: bytes | None
    thresholds: dict[str, dict[str, float]]
    calibration: dict[str, Scale]
    cascade: Cascade | None
    metrics: dict[str, Any]
    parity: Parity


def export_run(
    run_path: Path,
    out: Path,
    data: Path,
    dev_rows: int | None = None,
    threads: int = 2,
    half: bool = False,
    corpus: Corpus | None = None,
) -> Artifact:
    """Write the artifact of a run to `out`. Raises ParityError, with figures, where the graphs differ too much, and
    ArtifactError where something else stands at `out`.

    `dev_rows` caps the dev rows used for calibration and figures, for a quick trial. `half` adds a graph in float16,
    which serving prefers on a GPU. `corpus` is that of `data`, if it was read before.
    """
    run, console, staging = RunFolder(run_path), Console(), staging_folder(out)
    loaded = run.load_network()
    if loaded is None:
        raise RecipeError(f"{run_path} has no checkpoint to export.")
    network, progress = loaded
    recipe = run.recipe()
    corpus = corpus or load_corpus(data, recipe.data, recipe.seed, cache=run_path.parent)
    tokenizer = Tokenizer.from_file(str(run.tokenizer))
    collator = Collator(tokenizer, network.shape.positions, network.shape.pad_id)
    dev = DevRows.of(_sample(corpus.dev, dev_rows, recipe.seed), corpus.written, recipe)
    console.print(f"calibrating on {len(dev.tuning):,} dev rows")
    batches = calibration_batches(corpus.train, collator, recipe.seed)
    exported = _export(network, collator, dev, batches, threads, half)
    exported.parity.check()
    _add_what_the_run_knows(exported.metrics, run, progress)
    score = onnx_scorer(open_session(exported.model, threads))
    write_folder(staging, exported, recipe, corpus, tokenizer, score, network.shape)
    if recipe.operating is not None:
        rules = FitRules(**recipe.operating.model_dump(exclude={"suite"}), threads=threads)
        fit_folder(staging, find_suite(data, recipe.operating), rules)
    replace_folder(staging, out)
    console.print(f"{out}: {len(exported.model) / 1e6:.1f} MB, {exported.parity.as_dict()}")
    return Artifact.load(out)


def _add_what_the_run_knows(metrics: dict[str, Any], run: RunFolder, progress: Progress) -> None:
    """How long it trained, its note, and its other networks and the linear models, to be shown beside."""
    minutes = round(progress.elapsed_s / 60, 1)
    metrics["training"] = {"stage": run.path.name, "steps": progress.step, "rows": progress.rows, "minutes": minutes}
    if run.note.is_file():
        metrics["training"]["note"] = run.note.read_text(encoding="utf-8").strip()
    others: dict[str, dict[str, float]] = {}
    for path, prefix in ((run.comparison, ""), (run.baseline, "TF-IDF, ")):
        if path.is_file():
            found = json.loads(path.read_text(encoding="utf-8"))
            others |= {prefix + name: summary(figures) for name, figures in found.items()}
    metrics["comparison"] = others | shipped_summaries(metrics["dev"])


def calibration_batches(train: Sequence[Example], collator: Collator, seed: int) -> list[Batch]:
    """Rows of every task and language, so that no head's inputs were never seen; by length, to pad little."""
    order = np.random.default_rng(seed).permutation(len(train))
    picked: dict[tuple[str, str], list[str]] = {}
    for example in (train[i] for i in order):
        texts = picked.setdefault((example.task, example.lang), [])
        if len(texts) < _CALIBRATION_ROWS:
            texts.append(example.text)
    encoded = collator.tokenizer.encode_batch([text for texts in picked.values() for text in texts])
    rows = sorted((e.ids for e in encoded), key=len)
    return [pad(rows[i : i + _BATCH], collator.pad_id) for i in range(0, len(rows), _BATCH)]


def write_plain_graphs(networks: Mapping[str, Network], folder: Path) -> None:
    """Every network as `NAME.onnx` in fp32, to be timed beside what ships (`python -m load models`)."""
    folder.mkdir(exist_ok=True)
    for name, network in networks.items():
        weights = {key: value.cpu().numpy() for key, value in network.state_dict().items()}
        graph = build_graph(weights, network.shape.as_dict(), "fp32")
        (folder / f"{name}.onnx").write_bytes(graph.SerializeToString())


def _export(
    network: Network,
    collator: Collator,
    dev: DevRows,
    batches: Sequence[Batch],
    threads: int,
    half: bool,
) -> Exported:
    weights: dict[str, Matrix] = {name: value.numpy() for name, value in network.state_dict().items()}
    shape, texts = network.shape.as_dict(), [e.text for e in dev.tuning]
    raw = predict(_scorer(build_graph(weights, shape, "fp32").SerializeToString(), threads), collator, texts)
    calibration = fit_calibration(dev.tuning, raw)
    folded = fold_calibration(weights, calibration)
    whole = build_graph(folded, shape, "fp32")
    layers = calibrate_activations(folded, shape, batches)
    model = build_graph(folded, shape, SHIPPED, layers).SerializeToString()
    upper = build_upper_graph(folded, shape, SHIPPED, layers).SerializeToString()
    full, small = _scorer(whole.SerializeToString(), threads), _scorer(model, threads)
    answers = predict(small, collator, texts)
    reference = [apply_calibration(logits, calibration) for logits in raw]
    thresholds, figures = judge(dev, answers, collator.tokenizer)
    losses = head_losses(judge(dev, reference, collator.tokenizer)[1], figures)
    cascade = choose_cascade(dev.real, answers, thresholds)
    if cascade is not None:
        figures["cascade_post"] = cascade_figures(dev.real, answers, cascade, thresholds)
    torch_network = rebuild(shape, {name: _tensor(value) for name, value in folded.items()}).eval()
    parity = _parity(torch_network, full, small, collator, dev.real, (reference, answers), thresholds, losses)
    size = {"bytes": len(model), "parameters": sum(value.size for value in weights.values())}
    metrics = {"dev": figures, "parity": parity.as_dict(), "size": size}
    halved = to_half(whole).SerializeToString() if half else None
    return Exported(model, upper, halved, thresholds, calibration, cascade, metrics, parity)


def _parity(
    network: Network, full: Scorer, small: Scorer, collator: Collator, dev: Sequence[Example],
    answers: tuple[Sequence[Logits], Sequence[Logits]], thresholds: dict[str, dict[str, float]],
    losses: tuple[dict[str, float], frozenset[str]],
) -> Parity:  # fmt: skip
    some = [e.text for e in dev[:_PARITY_ROWS]]
    answers = (answers[0][: len(dev)], answers[1][: len(dev)])
    agreement = decision_agreement(dev, *answers, thresholds)
    encoded = [e.ids for e in collator.tokenizer.encode_batch(some[:_MATES])]
    return Parity(
        fp32_logit_gap=largest_gap(predict(torch_scorer(network), collator, some), predict(full, collator, some)),
        int8_logit_gap=largest_gap(*answers),
        int8_agreement=float(np.mean(agreement)),
        int8_worst_label_agreement=min(agreement),
        int8_class_agreement=class_agreement(dev, *answers),
        batch_mate_gap=batch_mate_gap(small, encoded, collator.pad_id),
        losses=losses[0],
        judged=losses[1],
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
