"""Learns from the written records what passages say of findings: `python -m models.training.passage_weights FILE`.

Records that are kept out of training are left out here, too. A ridge regression for each finding and each way in which
it is meant: 1 for the passages in which its words stand, 0 for all others.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import Ridge

from models.augmentation.written_records import marked_records
from models.complaint import Assertion
from models.complaint.letters import plain_letters
from models.complaint.passages import BUCKETS, passages, runs_in

LEARNED: Final = (Assertion.PRESENT, Assertion.ABSENT)
MEASURED: Final = frozenset({"fever", "hypothermia", "hypertension", "low_sugar", "high_sugar"})
"""Findings that are numbers, which are read as such; of them nothing is learned."""
FEWEST: Final = 6  # passages, in which a finding has to stand so that anything is learned of it
PENALTY: Final = 1.0

Said = frozenset[tuple[str, Assertion]]


class Marked(NamedTuple):
    """Passages of records, what each says, and their runs of characters."""

    said: Sequence[Said]
    runs: csr_matrix
    """[passages, buckets], 1 where a run is there."""


def marked_passages(records: Sequence[dict[str, Any]]) -> Marked:
    """Args:
    records: as they are written, with `text` and `findings`.
    """
    said: list[Said] = []
    buckets, counts = [], []
    for record in records:
        plain = plain_letters(record["text"])
        parts = passages(plain)
        runs = runs_in(plain, parts)
        places = [(key, Assertion(meant), *_place(record["text"], words)) for key, meant, words in record["findings"]]
        said += [
            frozenset((key, meant) for key, meant, start, end in places if start < part.end and part.start < end)
            for part in parts
        ]
        buckets.append(runs.buckets)
        counts += np.diff([*runs.starts, len(runs.buckets)]).tolist()
    places_in = np.concatenate(buckets)
    rows = np.concatenate([[0], np.cumsum(counts)])
    return Marked(said, csr_matrix((np.ones(len(places_in), np.float32), places_in, rows), (len(said), BUCKETS)))


def _place(text: str, words: str) -> tuple[int, int]:
    start = text.index(words)
    return start, start + len(words)


def fit(marked: Marked) -> dict[str, NDArray[Any]]:
    """What `PassageWeights` is loaded from."""
    seen = np.asarray(marked.runs.sum(axis=0)).ravel()
    rarity = np.where(seen > 1, np.log(len(marked.said) / np.maximum(seen, 1)), 0).astype(np.float32)
    weighed = marked.runs.multiply(rarity).tocsr()
    lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)))
    inputs = csr_matrix(weighed.multiply(1 / np.maximum(lengths, 1e-6)))
    outputs = sorted(_frequent(marked.said))
    wanted = np.array([[one in said for one in outputs] for said in marked.said], np.float32)
    ridge = Ridge(alpha=PENALTY, fit_intercept=False, solver="sparse_cg", tol=1e-3).fit(inputs, wanted)
    weights = np.where(rarity > 0, ridge.coef_, 0)
    scales = np.abs(weights).max(axis=1) / 127
    return {
        "outputs": np.array([(key, meant.value) for key, meant in outputs]),
        "weights": np.rint(weights / scales[:, None]).astype(np.int8).T.copy(),
        "scales": scales.astype(np.float32),
        "rarity": rarity,
    }


def _frequent(said: Sequence[Said]) -> Iterator[tuple[str, Assertion]]:
    counted = Counter(one for passage in said for one in passage if one[1] in LEARNED and one[0] not in MEASURED)
    return (one for one, count in counted.items() if count >= FEWEST)


def main() -> None:
    """Writes the file that the only argument names."""
    np.savez_compressed(Path(sys.argv[1]), allow_pickle=False, **fit(marked_passages(marked_records())))


if __name__ == "__main__":
    main()
