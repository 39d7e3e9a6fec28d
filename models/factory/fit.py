"""Calibration, thresholds and the cascade of a finished artifact, chosen on sets of other origins and ordinary text.

Nothing is trained: a scale is folded into the heads of the graph, and the manifest gets three operating points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from tokenizers import Tokenizer

from models.artifact import DEFAULT_POINT, EARLY_HEAD, MODEL, TOKENIZER, Artifact, Manifest, OperatingPoint
from models.compression.cascade import choose_clean_thresholds
from models.compression.rescale import rescale_heads
from models.compression.runtime import onnx_scorer, open_session
from models.early_exit import UPPER
from models.evaluation.scoring import open_served
from models.evaluation.statistics import Floats
from models.evaluation.suite.sets import read_suite
from models.factory.artifact_folder import changing, reseal, with_hashes, write_golden, write_manifest
from models.factory.card import refitted_card
from models.factory.golden_cases import make_golden
from models.factory.operating_figures import calibration_figures, cascade_figures, ordinary_figures, set_figures
from models.factory.scored_suite import SuitePosts, scored
from models.false_alarms import PER_THOUSAND
from models.labels import POST_LABELS
from models.serving.engine import HALF_PRECISION
from models.serving.question import ABOUT_POSTS
from models.serving.scores import DECIMALS, sigmoid
from models.training.bars import Posts
from models.training.calibrate import Scale, platt
from models.training.operating_points import choose_points, rates_of

ENOUGH: Final = 40
"""Positives and negatives, in the half that is fitted on, that a label needs for a scale of its own."""
QUESTIONS: Final = {"posts": ABOUT_POSTS}
_ALMOST: Final = 0.5 * 10.0**-DECIMALS
"""Scores are rounded: 0 and 1 stand for anything that is so near."""


@dataclass(slots=True, frozen=True)
class FitRules:
    """How an artifact is fitted."""

    per_thousand: float = PER_THOUSAND
    """Ordinary posts that the balanced operating point may label in any domain."""
    any_label: bool = False
    """Whether a label of which a table of ordinary text claims nothing counts as wrong, too."""
    keep_scale: tuple[str, ...] = ()
    """Labels whose scores stay as they are. A scale fitted to sets that are mostly positive lifts all scores, and with
    them the bars that ordinary text needs."""
    limit: int | None = None
    """Rows of each table, for a quick trial."""
    threads: int | None = None


def fit_artifact(source: Path, out: Path, suite: Sequence[Path], rules: FitRules) -> Artifact:
    """Write a copy of an artifact, fitted to the suite, to `out`, which may be the same folder.

    `suite` names folders or tables, those with labels and those of ordinary text.

    Raises:
        ArtifactError: `source` is none, or its heads cannot be rescaled.
        EvaluationError: the suite cannot be read, or lacks one of the two kinds of tables.
    """
    with changing(source, out) as folder:
        fit_folder(folder, suite, rules)
    return Artifact.load(out)


def fit_folder(folder: Path, suite: Sequence[Path], rules: FitRules) -> None:
    """The same in the folder itself, which nobody must be using: it is no artifact until all is written."""
    artifact = Artifact.load(folder)
    classes = {name: head.labels for name, head in artifact.manifest.heads.items()}
    sets = read_suite(suite, classes, rules.limit)[0]
    rows = SuitePosts.of(sets, rules.any_label)
    served = open_served(artifact, QUESTIONS, rules.threads)
    before = scored(rows.fit, served, "one half"), scored(rows.shown, served, "the other half")
    scales = _scales(before[0], rules.keep_scale)
    _rescale(folder, artifact.manifest, scales)
    served = open_served(Artifact.load(folder), QUESTIONS, rules.threads)
    fit, shown = scored(rows.fit, served, "one half again"), scored(rows.shown, served, "the other half again")
    ordinary = scored(rows.ordinary, served, "ordinary text")
    manifest = _with_points(served.artifact.manifest, scales["post"], (fit, shown, ordinary), rules.per_thousand)
    manifest.metrics["operating"] |= {
        "calibration": calibration_figures(shown, before[1].scores, shown.scores),
        "chosen": {
            "sets": [one.name for one in sets if not one.is_ordinary],
            "ordinary": [one.name for one in sets if one.is_ordinary],
            "any_label": rules.any_label,
            "keep_scale": list(rules.keep_scale),
        },
    }
    _write(folder, artifact, manifest)


def _scales(posts: Posts, keep: Sequence[str]) -> dict[str, Scale]:
    """One for the whole model and one for its early exit, whose answers meet the same thresholds."""
    heads = {"post": posts.scores} | ({} if posts.early is None else {EARLY_HEAD: posts.early})
    targets = posts.targets.copy()
    targets[:, [POST_LABELS.index(label) for label in keep]] = np.nan
    return {head: platt(targets, _logits(scores), ENOUGH) for head, scores in heads.items()}


def _logits(scores: Floats) -> Floats:
    inside = np.clip(scores, _ALMOST, 1 - _ALMOST)
    return np.asarray(np.log(inside / (1 - inside)))


def _rescale(folder: Path, manifest: Manifest, scales: Mapping[str, Scale]) -> None:
    """Of all graphs of the folder; the manifest names the new files, and the scale since training."""
    for name in (MODEL, UPPER, HALF_PRECISION):
        if name in manifest.files:
            here = {head: scale for head, scale in scales.items() if name != UPPER or head != EARLY_HEAD}
            rescale_heads(folder / name, here)
    calibration = dict(manifest.calibration)
    for head, scale in scales.items():
        slope, offset = (np.array(scale[part]) for part in ("slope", "offset"))
        known = calibration.get(head, {"slope": np.ones_like(slope), "offset": np.zeros_like(slope)})
        calibration[head] = {
            "slope": np.round(slope * known["slope"], 4).tolist(),
            "offset": np.round(slope * known["offset"] + offset, 4).tolist(),
        }
    changed = manifest.model_copy(update={"calibration": calibration})
    write_manifest(with_hashes(changed, folder, list(manifest.files)), folder)


def _with_points(manifest: Manifest, scale: Scale, posts: tuple[Posts, Posts, Posts], per_thousand: float) -> Manifest:
    """`posts`: those to fit on, those to show, and ordinary ones."""
    fit, shown, ordinary = posts
    before, rates = _moved(manifest.thresholds, scale), rates_of(per_thousand)
    chosen = choose_points(fit, ordinary, before, rates)
    points = {name: _with_spans(point, manifest) for name, point in chosen.items()}
    balanced = points[DEFAULT_POINT].thresholds
    operating = {
        "per_thousand": {
            name: {"labelled": round(1000 * rate.labelled, 4), "acted": round(1000 * rate.acted, 4)}
            for name, rate in rates.items()
        },
        "ordinary": ordinary_figures(ordinary, points, lambda some: choose_points(fit, some, before, rates)),
        "sets": set_figures(shown, points),
    }
    cascade = manifest.cascade
    if cascade is not None and fit.early is not None and ordinary.early is not None:
        early, full = np.concatenate([fit.early, ordinary.early]), np.concatenate([fit.scores, ordinary.scores])
        langs = [*fit.langs.tolist(), *ordinary.langs.tolist()]
        sets = [*fit.groups.tolist(), *[None] * len(ordinary.langs)]
        cascade = choose_clean_thresholds(early, full, balanced, langs, sets)
        operating["cascade"] = cascade_figures(shown, ordinary, cascade, points[DEFAULT_POINT])
    changes = {"thresholds": balanced, "operating_points": points, "cascade": cascade}
    return manifest.model_copy(update=changes | {"metrics": manifest.metrics | {"operating": operating}})


def _moved(thresholds: Mapping[str, Mapping[str, float]], scale: Scale) -> dict[str, dict[str, float]]:
    """Thresholds on the new scale: they decide as they did."""
    return {
        label: {
            lang: float(sigmoid(slope * _logits(np.array(value)) + offset)) for lang, value in thresholds[label].items()
        }
        for label, slope, offset in zip(POST_LABELS, scale["slope"], scale["offset"], strict=True)
    }


def _with_spans(point: OperatingPoint, manifest: Manifest) -> OperatingPoint:
    """Spans are not fitted: no set marks any."""
    spans = {"spans": manifest.thresholds["spans"]} if "spans" in manifest.thresholds else {}
    return point.model_copy(update={"thresholds": point.thresholds | spans})


def _write(folder: Path, old: Artifact, manifest: Manifest) -> None:
    """Golden cases anew, then card and manifest."""
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    score = onnx_scorer(open_session(folder / MODEL))
    texts = [(case.name, case.task, case.text) for case in old.golden().cases]
    write_golden(make_golden(score, tokenizer, manifest.max_tokens, manifest.pad_id, texts), folder)
    reseal(manifest, folder, manifest.files, lambda card, sealed: refitted_card(card, old.version, sealed))
