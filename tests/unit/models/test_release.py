"""The artifact that ships: loadable, small, and still giving its golden answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from tokenizers import Tokenizer

from models.artifact import Artifact, check_golden
from models.compression.runtime import onnx_scorer, open_session
from models.folders import RELEASE
from models.labels import LANGUAGES, POST_LABELS


@pytest.fixture(scope="module")
def release() -> Artifact:
    return Artifact.load(RELEASE)


def test_it_is_under_40_mb(release: Artifact) -> None:
    assert sum(path.stat().st_size for path in RELEASE.iterdir()) < 40_000_000


def test_golden_cases_hold(release: Artifact) -> None:
    golden_module = pytest.importorskip("models.factory.golden_cases")
    predict = pytest.importorskip("models.training.predict")
    score = onnx_scorer(open_session(release.model_path))
    tokenizer = Tokenizer.from_file(str(release.tokenizer_path))

    def answer(texts: list[str]) -> Sequence[Mapping[str, Sequence[float]]]:
        rows = []
        for encoding in tokenizer.encode_batch(texts):
            logits = score(*predict.pad([encoding.ids], release.manifest.pad_id))
            rows.append(golden_module.probabilities({head: values[0] for head, values in logits.items()}))
        return rows

    check_golden(release, answer)


def test_thresholds_cover_every_label_and_language(release: Artifact) -> None:
    for label in (*POST_LABELS, "spans"):
        for lang in LANGUAGES:
            assert 0.0 < release.threshold(label, lang) < 1.0


def test_it_says_where_its_data_came_from_and_how_good_it_is(release: Artifact) -> None:
    assert {source.tier for source in release.manifest.sources} <= {"A", "B", "C"}
    dev = release.manifest.metrics["dev"]
    assert dev["post"]["toxicity"]["en"]["auroc"] > 0.8
    assert dev["post"]["toxicity"]["zh"]["auroc"] > 0.8


def test_clear_cases_are_judged_clearly(release: Artifact) -> None:
    expected = {case.name: case.expected for case in release.golden().cases}
    toxicity = POST_LABELS.index("toxicity")
    rude, kind = (np.mean([expected[n]["post"][toxicity] for n in names]) for names in (
        ("insult", "zh insult", "shouting"), ("thanks", "zh kind", "sport"),
    ))  # fmt: skip
    assert rude > 0.6
    assert kind < 0.3
