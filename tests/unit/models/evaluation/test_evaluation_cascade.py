"""Figures of a model whose early exit answers: what it does not say is neither guessed nor left out in silence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models.artifact import Artifact
from models.evaluation.figures import evaluate
from models.evaluation.resampling import Bootstrap
from models.evaluation.rows import EvaluationError, Row
from models.evaluation.scoring import Served, score_rows
from models.labels import POST_LABELS
from models.serving.batcher import TokenBudgetBatcher
from models.serving.cascade import CascadeEngine
from models.serving.encoder import Encoder
from models.serving.engine import OnnxEngine
from models.serving.reader import Reader
from streams.tasks import declared
from tests.support.tiny_artifact import write_tiny_artifact

QUESTIONS = {name: task.question for name, task in declared().items()}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Every post is clean."""
    folder: Path = tmp_path_factory.mktemp("tiny")
    write_tiny_artifact(folder)
    artifact = Artifact.load(folder)
    engine = CascadeEngine(OnnxEngine.open(artifact, device="cpu", threads=1), [2.0] * len(POST_LABELS))
    return Served(artifact, Reader(Encoder.from_artifact(artifact)), engine, TokenBudgetBatcher(engine.grid), QUESTIONS)


def test_a_sentiment_that_nobody_answered_is_refused(served: Served) -> None:
    rows = [Row("a lovely day", lang="en", classes={"sentiment": 2})]
    with pytest.raises(EvaluationError, match="without sentiment; switch it off"):
        score_rows(rows, served)


def test_a_clean_post_has_no_spans(served: Served) -> None:
    rude = Row("you are an idiot", lang="en", labels={"toxicity": 1}, spans=((11, 16),))
    rows = [rude, replace(rude, text="a lovely day", spans=())]
    entries = evaluate(rows, score_rows(rows, served), served.artifact, Bootstrap(draws=20))
    (spans,) = [entry for entry in entries if entry.head == "spans" and entry.by == "all"]
    assert spans.figures["character_f1"].value == 0.5
