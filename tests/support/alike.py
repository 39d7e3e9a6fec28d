"""Weights that are like one passage and nothing else."""

from __future__ import annotations

import numpy as np

from models.complaint import Assertion
from models.complaint.passages import BUCKETS, Passage, PassageWeights, runs_in


def alike(text: str, finding: str) -> PassageWeights:
    """Of which a finding is present where a passage is this text, in lower case."""
    runs = runs_in(text, [Passage(0, len(text))])
    weights = np.zeros((BUCKETS, 1), np.int8)
    weights[runs.buckets] = 100
    scale = np.array([1 / (100 * np.sqrt(len(runs.buckets)))], np.float32)
    return PassageWeights([(finding, Assertion.PRESENT)], weights, scale, np.ones(BUCKETS, np.float32))
