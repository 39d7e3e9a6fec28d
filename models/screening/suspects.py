"""Likely label errors by cross-validated confidence (confident learning, Northcutt et al. 2021).

A linear model judges every row by what the other folds taught it. A label is suspected where the probability of
its opposite is above the confidence of the rules and above the average that rows with the opposite label get.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.linear_model import SGDClassifier

from models.examples import Example
from models.labels import LANGUAGES, POST_LABELS, SENTIMENTS
from models.screening.rules import ScreeningRules
from models.screening.screened import SUSPECT, Drop
from models.screening.similar import Indices

MAX_CHARACTERS = 2000
"""With 600, insults further down in long texts were taken for errors."""
MIN_OF_EACH = 50
"""With fewer rows of either class the model cannot judge the label."""

Floats = NDArray[np.float64]
Tick = Callable[[str], None]


def find_suspects(
    examples: Sequence[Example], pairs: Indices, rules: ScreeningRules, tick: Tick = lambda _: None
) -> Iterator[Drop]:
    """A mask for every suspected post label, and for sentiment where it is negative or positive."""
    folds = assign_folds(examples, pairs, rules.folds)
    langs = np.array([e.lang for e in examples])
    targets = binary_targets(examples)
    for lang in LANGUAGES:
        rows = np.flatnonzero((langs == lang) & ~np.isnan(targets).all(axis=1))
        if not len(rows):
            continue
        tick(f"{lang}: features")
        features = _features([examples[i].text for i in rows.tolist()], lang)
        for column, label in enumerate((*POST_LABELS, "sentiment")):
            if label in rules.trusted_labels:
                continue
            known = np.flatnonzero(~np.isnan(targets[rows, column]))
            truth = targets[rows[known], column]
            if min((truth == 1).sum(), (truth == 0).sum()) < MIN_OF_EACH:
                continue
            tick(f"{lang}: {label}")
            scores = out_of_fold(features[known], truth, folds[rows[known]], rules.folds)
            chosen = suspected(truth, scores, [examples[i].source for i in rows[known]], rules)
            for index in rows[known[chosen]].tolist():
                yield Drop(index, examples[index].task, examples[index].source, SUSPECT, label)


def assign_folds(examples: Sequence[Example], pairs: Indices, folds: int) -> NDArray[np.int64]:
    """A fold for each row; similar texts and families stay together, else a twin would give a label away."""
    first: dict[tuple[str, str], int] = {}
    links = [pairs]
    for index, example in enumerate(examples):
        if example.family:
            links.append(np.array([[first.setdefault((example.source, example.family), index), index]]))
    edges = np.concatenate(links)
    size = len(examples)
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(size, size))
    count, cluster = connected_components(graph, directed=False)
    chosen: NDArray[np.int64] = np.random.default_rng(20_26).integers(folds, size=count)[cluster]
    return chosen


def binary_targets(examples: Sequence[Example]) -> Floats:
    """[rows, labels + 1]: the post labels, then sentiment with negative 0, positive 1 and neutral unknown."""
    values = {SENTIMENTS.index("negative"): 0.0, SENTIMENTS.index("positive"): 1.0}
    return np.array([[*e.post.tolist(), values.get(e.sentiment, np.nan)] for e in examples], dtype=np.float64)


def out_of_fold(features: csr_matrix, truth: Floats, folds: NDArray[np.int64], count: int) -> Floats:
    """The probability of 1 for each row by a model that has not seen its fold; NaN where none could be fitted."""
    scores = np.full(len(truth), np.nan)
    for fold in range(count):
        held = folds == fold
        if held.any() and len(np.unique(truth[~held])) == 2:
            model = SGDClassifier(
                loss="log_loss", alpha=1e-5, max_iter=4, tol=None, random_state=1, class_weight="balanced"
            )
            scores[held] = model.fit(features[~held], truth[~held]).predict_proba(features[held])[:, 1]
    return scores


def suspected(truth: Floats, scores: Floats, sources: Sequence[str], rules: ScreeningRules) -> NDArray[np.int64]:
    """Positions of the suspected labels, the surest first, within each source's share."""
    usual = {value: float(np.nanmean(np.where(value, scores, 1 - scores)[truth == value])) for value in (0, 1)}
    opposite = np.nan_to_num(np.where(truth == 1, 1 - scores, scores))
    bar = np.maximum(np.where(truth == 1, usual[0], usual[1]), rules.suspect_confidence)
    left = {source: int(rows * rules.suspect_share_limit) for source, rows in Counter(sources).items()}
    left |= dict.fromkeys((*rules.paired_sources, *rules.trusted_sources), 0)
    chosen = []
    for position in np.argsort(-opposite, kind="stable").tolist():
        source = sources[position]
        if opposite[position] >= bar[position] and left[source] > 0:
            left[source] -= 1
            chosen.append(position)
    return np.array(chosen, dtype=np.int64)


def _features(texts: Sequence[str], lang: str) -> csr_matrix:
    """Hashed TF-IDF: one and two words, in Chinese one to three characters."""
    unit = {"analyzer": "char", "ngram_range": (1, 3)} if lang == "zh" else {"ngram_range": (1, 2)}
    hasher = HashingVectorizer(n_features=2**19, alternate_sign=False, norm=None, dtype=np.float32, **unit)
    counts = hasher.transform([text[:MAX_CHARACTERS] for text in texts])
    return csr_matrix(TfidfTransformer(sublinear_tf=True).fit_transform(counts))
