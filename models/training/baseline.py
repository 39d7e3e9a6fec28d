"""The classical baselines: TF-IDF of words and characters under a linear SVM and under logistic regression.

Every head is a row of yes-or-no questions: one a post label, one a class (the surest class wins), and for urgency
whether the level is above k. Rows, targets and figures are those of the networks, and so is the way to calibrate and
to choose thresholds (on dev), so that the figures stand side by side. Toxic spans have no counterpart here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression, SGDClassifier

from models.examples import Example
from models.labels import CLASS_HEADS, CONDITION_CLASSES, LANGUAGES, SENTIMENTS, URGENCY_LEVELS
from models.training.calibrate import MIN_POSITIVES, choose_thresholds, hold_back
from models.training.corpus import Corpus
from models.training.data_rules import DataRules
from models.training.evaluate import post_figures
from models.training.metrics import class_figures, ordinal_figures
from models.training.tfidf import TfIdf
from models.training.weak_negatives import weakly_labelled

MODELS: Mapping[str, tuple[str, float]] = {"svm": ("hinge", 0.3), "logistic": ("log_loss", 3.0)}
"""Loss, and C as in liblinear: the weight of the rows against that of the penalty."""
UPDATES = 100_000
"""A question with few rows goes over them until it has seen so many in all; one with many, 8 times."""

Table = NDArray[np.float32]
Figures = dict[str, Any]


def baseline_figures(corpus: Corpus, rules: DataRules, progress: bool = True) -> dict[str, Figures]:
    """{"svm" or "logistic": {head: figures}}, dev figures nested as those of `models.training.evaluate`.

    As for a network, calibration and thresholds look at dev, held-out written sentences and the weak negatives among
    both, and the figures at the labels of dev alone.
    """
    dev = [*corpus.dev, *corpus.written]
    shapes = question_table(dev)
    margins = {kind: {head: _unasked(head, table) for head, table in shapes.items()} for kind in MODELS}
    for lang in LANGUAGES:
        train, rows = _of_language(corpus.train, lang), _of_language(dev, lang)
        if not len(train) or not len(rows):
            continue
        features = TfIdf(lang)
        inputs, asked = features.fit([corpus.train[i].text for i in train]), features([dev[i].text for i in rows])
        tables = question_table([corpus.train[i] for i in train])
        questions = [(head, column) for head, table in tables.items() for column in range(table.shape[1])]
        for head, column in track(questions, f"baselines, {lang}", disable=not progress):
            for kind, values in _answers(inputs, tables[head][:, column], asked):
                margins[kind][head][rows, column] = values
    tuning = weakly_labelled(dev, rules)
    return {kind: _figures(corpus, tuning, answers) for kind, answers in margins.items()}


def question_table(examples: Sequence[Example]) -> dict[str, Table]:
    """{head: [rows, questions]} with 1, 0 and NaN for unknown; of urgency, whether the level is above k."""
    classes: dict[str, tuple[int, Callable[[int, int], bool]]] = {
        "sentiment": (len(SENTIMENTS), int.__eq__),
        "condition": (len(CONDITION_CLASSES), int.__eq__),
        "urgency": (len(URGENCY_LEVELS) - 1, int.__gt__),
    }
    tables = {"post": np.array([e.post for e in examples], dtype=np.float32)}
    for head, (width, asks) in classes.items():
        table = np.full((len(examples), width), np.nan, dtype=np.float32)
        for row, example in enumerate(examples):
            if (target := getattr(example, head)) >= 0:
                table[row] = [asks(target, column) for column in range(width)]
        tables[head] = table
    return tables


def _unasked(head: str, table: Table) -> Table:
    """Margins before any model was asked: a class that the training rows do not know must not win."""
    return np.full_like(table, -np.inf if head in ("sentiment", "condition") else 0.0)


def _of_language(examples: Sequence[Example], lang: str) -> NDArray[np.int64]:
    return np.array([i for i, e in enumerate(examples) if e.lang == lang], dtype=np.int64)


def _answers(inputs: csr_matrix, targets: Table, asked: csr_matrix) -> Iterator[tuple[str, Table]]:
    """The margins of either model; none where the training rows know one answer only."""
    known = np.flatnonzero(~np.isnan(targets))
    if len(np.unique(targets[known])) < 2:
        return
    taught = inputs[known]
    epochs = max(8, UPDATES // len(known))
    for kind, (loss, weight) in MODELS.items():
        model = SGDClassifier(
            loss=loss, alpha=1 / (weight * len(known)), max_iter=min(epochs, 200), tol=None, random_state=1
        )
        yield kind, model.fit(taught, targets[known]).decision_function(asked)


def _figures(corpus: Corpus, tuning: Sequence[Example], margins: Mapping[str, Table]) -> Figures:
    dev, targets = corpus.dev, question_table(tuning)["post"]
    logits = np.column_stack([_calibrated(targets[:, i], margins["post"][:, i]) for i in range(targets.shape[1])])
    answers = [{"post": row} for row in logits]
    real, written = answers[: len(dev)], answers[len(dev) :]
    thresholds = choose_thresholds(tuning, answers)
    hold_back(thresholds, dev, real)
    figures: Figures = {"post": post_figures(dev, real, "post", thresholds)}
    if written:
        figures["written_post"] = post_figures(corpus.written, written, "post", thresholds)
    for head in CLASS_HEADS:
        by_language: Figures = {}
        for lang in LANGUAGES:
            rows = [i for i, e in enumerate(dev) if e.lang == lang and getattr(e, head) >= 0]
            truth = [getattr(dev[i], head) for i in rows]
            if rows and head == "urgency":
                by_language[lang] = ordinal_figures(truth, (margins[head][rows] > 0).sum(axis=1).tolist())
            elif rows:
                by_language[lang] = class_figures(truth, margins[head][rows].argmax(axis=1).tolist())
        figures[head] = by_language
    return {head: value for head, value in figures.items() if value}


def _calibrated(targets: Table, margins: Table) -> Table:
    """Platt scaling of one label on dev: an SVM's margins are no logits yet."""
    known = ~np.isnan(targets)
    truth = targets[known]
    if min((truth == 1).sum(), (truth == 0).sum()) < MIN_POSITIVES:
        return margins
    fit = LogisticRegression(C=10.0).fit(margins[known, None], truth)
    return margins * np.float32(fit.coef_[0, 0]) + np.float32(fit.intercept_[0])
