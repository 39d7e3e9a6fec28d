"""A quick look at the dev set while training: a small fixed sample, a few telling figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import roc_auc_score

from models.examples import Example
from models.labels import POST_LABELS
from models.training.collate import Collator
from models.training.network import Network
from models.training.predict import Logits, predict, torch_scorer
from models.training.trainer import Check

SAMPLE = {"post": 400, "sentiment": 120, "condition": 67, "urgency": 51}


def quick_check(dev: Sequence[Example], collator: Collator, device: str, seed: int) -> Check:
    """AUROC of toxicity per language (full and early exit), accuracy of the other heads."""
    order = np.random.default_rng(seed).permutation(len(dev))
    sample: list[Example] = []
    for task, rows in SAMPLE.items():
        sample += [dev[i] for i in order if dev[i].task == task][:rows]

    def check(network: Network, step: int) -> dict[str, float]:
        answers = predict(torch_scorer(network, device), collator, [e.text for e in sample])
        figures = _accuracies(sample, answers)
        for head in ("post", "early_post"):
            for lang in ("en", "zh"):
                figures[f"{head}_toxicity_auroc_{lang}"] = _auroc(sample, answers, head, lang)
        return {name: round(value, 4) for name, value in figures.items()}

    return check


def _accuracies(sample: Sequence[Example], answers: Sequence[Logits]) -> dict[str, float]:
    pairs = list(zip(sample, answers, strict=True))
    hits = {
        head: [int(a[head].argmax()) == getattr(e, head) for e, a in pairs if getattr(e, head) >= 0]
        for head in ("sentiment", "condition")
    }
    hits["urgency"] = [int((a["urgency"] > 0).sum()) == e.urgency for e, a in pairs if e.urgency >= 0]
    return {f"{head}_accuracy": float(np.mean(found)) if found else float("nan") for head, found in hits.items()}


def _auroc(sample: Sequence[Example], answers: Sequence[Logits], head: str, lang: str) -> float:
    column = POST_LABELS.index("toxicity")
    pairs = [
        (e.post[column], a[head][column]) for e, a in zip(sample, answers, strict=True)
        if e.lang == lang and not np.isnan(e.post[column])
    ]  # fmt: skip
    if len({target for target, _ in pairs}) < 2:
        return float("nan")
    return float(roc_auc_score([t for t, _ in pairs], [s for _, s in pairs]))
