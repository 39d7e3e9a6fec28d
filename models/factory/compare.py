"""The networks of a run side by side on dev: each with its own calibration and thresholds, in a few telling figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from typing import Any

from rich.progress import track

from models.factory.judge import DevRows, judge
from models.training.calibrate import apply_calibration, fit_calibration
from models.training.collate import Collator
from models.training.corpus import Corpus
from models.training.network import Network
from models.training.predict import predict, torch_scorer
from models.training.recipe import Recipe
from models.training.run_folder import RunFolder, write_whole

MIN_POSITIVES = 15
"""Labels with fewer positives in dev are left out of the means: one post would move them by points."""


def network_figures(network: Network, recipe: Recipe, corpus: Corpus, collator: Collator, device: str) -> Any:
    """Dev figures of a network as if it were the release: calibrated, with thresholds chosen on dev."""
    dev = DevRows.of(corpus.dev, corpus.written, recipe)
    raw = predict(torch_scorer(network.to(device), device), collator, [e.text for e in dev.tuning])
    calibration = fit_calibration(dev.tuning, raw)
    answers = [apply_calibration(logits, calibration) for logits in raw]
    return judge(dev, answers, collator.tokenizer)[1]


def compare(
    networks: Mapping[str, Network], recipe: Recipe, corpus: Corpus, collator: Collator, out: Path, device: str = "cpu"
) -> dict[str, Any]:
    """{name: dev figures}, kept in `comparison.json` of the run; a stage is measured again if it was trained since."""
    path = RunFolder(out).comparison
    known: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    fresh = {name: figures for name, figures in known.items() if not RunFolder(out / name).trained_after(path)}
    if fresh != known:  # written at once, since the first new figures will make the file younger than every stage
        known = fresh
        write_whole(path, json.dumps(known, indent=1))
    for name in track([n for n in networks if n not in known], description="comparing on dev"):
        known[name] = network_figures(networks[name], recipe, corpus, collator, device)
        write_whole(path, json.dumps(known, indent=1))
    return known


def summary(figures: Mapping[str, Any], head: str = "post") -> dict[str, float]:
    """Means over labels with enough positives, and the one figure of every other head that is reported first.

    What dev has too few rows for is left out.
    """
    posts = figures.get(head, {})
    labels = [
        by_language[lang]
        for by_language in posts.values()
        for lang in by_language
        if by_language[lang]["positives"] >= MIN_POSITIVES and "auroc" in by_language[lang]
    ]
    short = {f"post {name}": mean(f[name.lower()] for f in labels) for name in ("AUROC", "F1") if labels}
    for lang, values in posts.get("toxicity", {}).items():
        short[f"toxicity F1 {lang}"] = values["f1"]
    if head != "post":
        return short
    named = (
        ("spans", "character_f1"),
        ("sentiment", "macro_f1"),
        ("condition", "accuracy"),
        ("urgency", "quadratic_kappa"),
    )
    for other, figure in named:
        for lang, values in figures.get(other, {}).items():
            short[f"{other} {lang}"] = values[figure]
    return short


def shipped_summaries(dev: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Those of an artifact, from its own dev figures: the whole model, its tiny student, and both as a cascade."""
    heads = {"int8": "post", "tiny student": "early_post", "cascade": "cascade_post"}
    return {name: summary(dev, head) for name, head in heads.items() if head == "post" or dev.get(head)}


def summary_table(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Markdown, one row a network, in points (hundredths)."""
    columns = list(dict.fromkeys(name for figures in rows.values() for name in figures))
    lines = ["| | " + " | ".join(columns) + " |", "| --- |" + " ---: |" * len(columns)]
    for name, figures in rows.items():
        shown = (f"{100 * figures[c]:.1f}" if c in figures else "" for c in columns)
        lines.append(f"| {name} | " + " | ".join(shown) + " |")
    return "\n".join(lines) + "\n"


def largest_loss(teacher: Mapping[str, float], student: Mapping[str, float]) -> tuple[str, float] | None:
    """The figure that the student loses most on, in points; None where they share no figure."""
    losses = {name: 100 * (teacher[name] - student[name]) for name in teacher if name in student}
    if not losses:
        return None
    worst = max(losses, key=lambda name: losses[name])
    return worst, round(losses[worst], 1)
