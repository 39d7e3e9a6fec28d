"""The cascade over a model whose later layers fail on `poison`, so that an answer tells which layers ran."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from models.serving.cascade import CascadeEngine
from models.serving.encoder import Encoder
from models.serving.engine import OnnxEngine
from models.serving.stats import Stats
from models.serving.types import Batch, Depth, Item, Outcome, Scores
from tests.support.tiny_artifact import POISON

POSTS = frozenset({"post", "spans", "sentiment"})
TRIAGE = frozenset({"condition", "urgency"})
PROFANITY = 6  # a score is 0.018 without one of the label's words, and 0.982 with one


class Watched:
    """The tiny model's engine, and what it was asked to run."""

    def __init__(self, engine: OnnxEngine) -> None:
        self.model_version, self.device = engine.model_version, engine.device
        self.grid, self.run_cost_tokens = engine.grid, engine.run_cost_tokens
        self.engine = engine
        self.runs: list[tuple[int, int, Depth]] = []
        self.prepared: list[Batch] = []
        self.warmed: list[tuple[int, int]] = []

    def prepare(self, batch: Batch) -> None:
        self.prepared.append(batch)
        self.engine.prepare(batch)

    def warm_up(self, max_tokens: int, max_rows: int) -> None:
        self.warmed.append((max_tokens, max_rows))

    def run(self, batch: Batch, depth: Depth) -> list[Scores]:
        self.runs.append((len(batch.items), batch.length, depth))
        return self.engine.run(batch, depth)


@pytest.fixture
def watched(engine: OnnxEngine) -> Watched:
    return Watched(engine)


@pytest.fixture
def cascade(watched: Watched) -> CascadeEngine:
    return CascadeEngine(watched, [0.5] * 8)


def batch(encoder: Encoder, texts: Sequence[str], heads: Sequence[frozenset[str]] | None = None) -> Batch:
    wanted = heads or [POSTS] * len(texts)
    encodings = encoder.encode(texts)
    return Batch(
        [
            Item(one, None, own, 0.0, 0.0, may_degrade=not own & TRIAGE)
            for one, own in zip(encodings, wanted, strict=True)
        ],
        64,
    )


def test_a_clean_post_does_not_run_the_later_layers(cascade: CascadeEngine, encoder: Encoder) -> None:
    (scores,) = cascade.run(batch(encoder, [f"what a {POISON} day"]), Depth.FULL)
    assert "post" in scores.heads
    assert scores.heads["post"].tolist() == [0.018] * 8
    assert scores.model_version == f"{cascade.model_version}+early"
    assert (set(scores.heads), scores.degraded) == ({"post"}, False)


def test_a_suspicious_post_gets_the_whole_model(cascade: CascadeEngine, encoder: Encoder) -> None:
    (scores,) = cascade.run(batch(encoder, ["you are an idiot"]), Depth.FULL)
    assert (scores.model_version, scores.degraded) == (cascade.model_version, False)
    assert "sentiment" in scores.heads
    assert "spans" in scores.heads
    with pytest.raises(Exception, match="out of data bounds"):
        cascade.run(batch(encoder, [f"{POISON} idiot"]), Depth.FULL)


def test_a_score_at_its_bar_is_not_clean(watched: Watched, encoder: Encoder) -> None:
    for bar, goes_early in ((0.018, False), (0.0181, True)):
        bars = [0.5] * 8
        bars[PROFANITY] = bar
        (scores,) = CascadeEngine(watched, bars).run(batch(encoder, ["you"]), Depth.FULL)
        assert scores.is_early is goes_early


def test_a_mixed_batch_comes_back_in_order_and_only_the_undecided_run_on(
    cascade: CascadeEngine, watched: Watched, encoder: Encoder
) -> None:
    texts = [f"{POISON} good", "kill", "cough", "what a lovely day , what a lovely day", "casino casino casino"]
    heads = [POSTS, POSTS, TRIAGE, POSTS, POSTS]
    good, threat, record, calm, spam = cascade.run(batch(encoder, texts, heads), Depth.FULL)
    assert [one.is_early for one in (good, threat, record, calm, spam)] == [True, False, False, True, False]
    assert "post" in threat.heads
    assert threat.heads["post"].argmax() in (0, 3)
    assert "post" in spam.heads
    assert spam.heads["post"].argmax() == 7
    assert "condition" in record.heads
    assert record.heads["condition"].argmax() == 1
    assert "post" not in record.heads
    first, second = watched.runs
    assert first == (4, 12, Depth.EARLY)
    assert second == (3, 8, Depth.FULL)  # three rows, padded for the five tokens of the longest of them


def test_those_that_run_on_are_padded_no_further_than_they_need(
    cascade: CascadeEngine, watched: Watched, encoder: Encoder
) -> None:
    """Their longest text fills a length of the grid to the last token."""
    length = watched.grid[0]
    insult = "idiot " * (length - 2)
    cascade.run(batch(encoder, [insult, "what a lovely day"]), Depth.FULL)
    assert watched.runs[1] == (1, length, Depth.FULL)


def test_it_is_to_others_what_the_engine_within_is(cascade: CascadeEngine, watched: Watched, encoder: Encoder) -> None:
    assert (cascade.model_version, cascade.device) == (watched.model_version, watched.device)
    assert (cascade.grid, cascade.run_cost_tokens) == (watched.grid, watched.run_cost_tokens)
    posts = batch(encoder, ["you"])
    cascade.prepare(posts)
    cascade.warm_up(max_tokens=1024, max_rows=64)
    assert (watched.prepared, watched.warmed) == ([posts], [(1024, 64)])


def test_symptom_records_never_leave_early(cascade: CascadeEngine, watched: Watched, encoder: Encoder) -> None:
    (scores,) = cascade.run(batch(encoder, ["headache"], [TRIAGE]), Depth.FULL)
    assert "urgency" in scores.heads
    assert [depth for _, _, depth in watched.runs] == [Depth.FULL]


def test_a_record_that_wants_posts_and_triage_never_leaves_early(cascade: CascadeEngine, encoder: Encoder) -> None:
    (scores,) = cascade.run(batch(encoder, ["headache"], [POSTS | TRIAGE]), Depth.FULL)
    assert not scores.is_early
    assert "urgency" in scores.heads


def test_under_overload_the_undecided_are_degraded_and_the_clean_are_not(
    cascade: CascadeEngine, watched: Watched, encoder: Encoder
) -> None:
    clean, insult = cascade.run(batch(encoder, ["you", f"{POISON} idiot"]), Depth.EARLY)
    assert [(one.is_early, one.degraded) for one in (clean, insult)] == [(True, False), (True, True)]
    assert [depth for _, _, depth in watched.runs] == [Depth.EARLY]


def test_company_changes_no_answer(cascade: CascadeEngine, encoder: Encoder) -> None:
    texts = ["you", "kill the day", "what a lovely day", "damn", "你 好", "casino"]
    together = cascade.run(batch(encoder, texts), Depth.FULL)
    for text, scores in zip(texts, together, strict=True):
        (alone,) = cascade.run(batch(encoder, [text]), Depth.FULL)
        assert alone.model_version == scores.model_version
        assert "post" in alone.heads
        assert "post" in scores.heads
        assert alone.heads["post"].tolist() == scores.heads["post"].tolist()


def test_early_answers_are_counted(cascade: CascadeEngine, encoder: Encoder) -> None:
    stats, posts = Stats(), batch(encoder, ["you", "kill", "day"])
    answers = cascade.run(posts, Depth.FULL)
    outcomes = [Outcome(item, scores, None, 0.0, 0.0) for item, scores in zip(posts.items, answers, strict=True)]
    stats.count(posts, [*outcomes, Outcome(posts.items[0], None, RuntimeError(), 0.0, 0.0)], 0.1)
    assert stats.early_rows == 2


def test_with_the_cascade_off_only_what_is_skimmed_leaves_early(watched: Watched, encoder: Encoder) -> None:
    cascade = CascadeEngine(watched, [0.5] * 8, skims_alone=True)
    asked = batch(encoder, ["you", "a day", "you idiot"])
    asked.items[1].is_skimmed = asked.items[2].is_skimmed = True
    scores = cascade.run(asked, Depth.FULL)
    assert [one.is_early for one in scores] == [False, True, False]
    assert [one.degraded for one in scores] == [False, False, False]
    assert scores[2].heads.keys() == POSTS


def test_what_may_not_degrade_is_read_by_all_layers_unless_it_is_clean(watched: Watched, encoder: Encoder) -> None:
    cascade = CascadeEngine(watched, [0.5] * 8, skims_alone=True)
    asked = batch(encoder, ["a day", "you idiot"])
    for item in asked.items:
        item.is_skimmed, item.may_degrade = True, False
    scores = cascade.run(asked, Depth.EARLY)
    assert (scores[0].is_early, scores[0].degraded) == (True, False)
    assert len(scores) == 2
