"""One book: what records became, in words that are known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from models.serving.reading import Reading
from models.serving.types import Item, Lane, Outcome
from schemas import Reason
from streams.health.words import STAGES, TRAITS
from streams.pipeline.counts import Counts
from streams.pipeline.failures import Failure
from streams.pipeline.work import Work
from streams.record import Decision, Outgoing, RawRecord
from streams.tasks.base import Moments, Rendered
from streams.tasks.posts.task import PostsTask

RAW = RawRecord("posts", 0, 0, None, b"{}")
MODERATE = Decision("remove", "en", labels=("insult", "hate"), scores={"insult": 0.97, "hate": 0.6})


class Task:
    declaration = PostsTask.declaration


def work(decision: Decision | None = None, failure: Failure | None = None) -> Work:
    moments = Moments(1.0, 1.0002, 1.004, 1.05, 1.3, 1.302, waited_s=2.0)
    activation: Any = None
    task: Any = Task()
    return Work(
        None,
        RAW,
        activation,
        task,
        moments,
        failure=failure,
        outputs=[Outgoing("labels", None, b"", decision=decision)],
    )


def counted(counter: Any) -> dict[Any, int]:
    return {key: count for key, count in counter.items() if count}


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    monkeypatch.setattr("streams.pipeline.counts.monotonic", lambda: 1.4)
    return Counts()


def test_every_word_is_there_before_anything_happened(counts: Counts) -> None:
    assert counts.verdicts["posts", "remove", True] == 0
    assert set(counts.verdicts) >= {("posts", "allow", False), ("symptoms", "level_5", True)}
    assert set(counts.dead_letters) == {reason.value for reason in Reason}
    assert {lang for _, lang in counts.labels} == {"en", "zh", "other"}


def test_a_verdict_counts_by_what_it_says(counts: Counts) -> None:
    counts.settle([work(MODERATE), work(Decision("allow", "zh", degraded=True)), work(MODERATE)])

    assert counted(counts.verdicts) == {("posts", "remove", False): 2, ("posts", "allow", True): 1}
    assert counted(counts.languages) == {("posts", "en"): 2, ("posts", "zh"): 1}
    assert counted(counts.labels) == {("insult", "en"): 2, ("hate", "en"): 2}
    assert counts.highest_scores["en"].sum == pytest.approx(2 * 0.97)
    assert counts.highest_scores["zh"].sum == 0, "nothing of it was read"


def test_a_dead_letter_counts_by_its_reason_and_has_no_time(counts: Counts) -> None:
    counts.settle([work(failure=Failure(Reason.INVALID_JSON, "no JSON", "decode"))])

    assert counted(counts.dead_letters) == {"invalid_json": 1}
    assert not counted(counts.verdicts)
    assert counts.durations["posts"].cumulated()[-1][1] == 0


def test_the_stages_sum_up_to_the_time_since_intake(counts: Counts) -> None:
    counts.settle([work(MODERATE)])

    spent = {stage: round(histogram.sum, 6) for stage, histogram in counts.stages.items()}
    assert spent == dict(zip(STAGES, (0.0002, 0.0038, 0.046, 0.25, 0.002, 0.098), strict=True))
    assert counts.durations["posts"].sum == pytest.approx(2.4), "with the time before its intake"


def test_what_comes_by_the_backfill_is_counted_and_not_timed(counts: Counts) -> None:
    again = work(MODERATE)
    again.lane = Lane.BACKFILL
    counts.settle([again])

    assert counted(counts.verdicts) == {("posts", "remove", False): 1}
    assert counts.durations["posts"].cumulated()[-1][1] == 0
    assert {histogram.sum for histogram in counts.stages.values()} == {0}


def test_traits_are_those_of_the_model_that_judges(counts: Counts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A candidate's scores are no drift of what comes."""
    noted: list[str] = []
    monkeypatch.setattr(counts.traits, "note", lambda name, *_: noted.append(name))
    one = work(MODERATE)
    one.activation = SimpleNamespace(model_version="m2")  # type: ignore[assignment]
    counts.settle([one], judging="m1")
    assert noted == []
    counts.settle([one], judging="m2")
    assert noted == ["posts"]


def test_traits_are_those_of_what_comes_live(counts: Counts) -> None:
    live, again = work(MODERATE), work(MODERATE)
    again.lane = Lane.BACKFILL
    live.rendered = Rendered("en", (Reading("a text of 21 letters.", ()),))
    live.unknown_share = 0.3
    counts.settle([live, again, work(failure=Failure(Reason.INVALID_JSON, "no JSON", "decode"))])

    profile = counts.traits.profile()
    assert [sum(profile["posts", trait]) for trait in TRAITS] == [1, 1, 1, 1]
    assert (profile["posts", "unknown"][5], profile["posts", "length"][2]) == (1, 1)


def test_an_action_over_the_quota_is_counted_and_remembered(counts: Counts) -> None:
    counts.settle([work(Decision("review", "en", is_over_quota=True))])

    assert (counts.over_quota["posts"], counts.quota_reached_at) == (1, 1.4)


def test_alerts_count_by_kind_and_severity(counts: Counts) -> None:
    counts.settle([work(MODERATE._replace(alerts=[("severe_post", "critical"), ("spam_wave", "high")]))])

    assert counted(counts.alerts) == {("severe_post", "critical"): 1, ("spam_wave", "high"): 1}


def test_a_record_that_was_abandoned_before_it_was_decided_is_not_counted(counts: Counts) -> None:
    abandoned = work()
    abandoned.outputs = ()
    counts.settle([abandoned])

    assert not counted(counts.verdicts)


def test_a_task_that_tells_nothing_of_its_verdicts_has_its_times_counted(counts: Counts) -> None:
    counts.settle([work(None)])

    assert counts.durations["posts"].cumulated()[-1][1] == 1


def test_batches_count_by_rows_and_tokens(counts: Counts) -> None:
    class Encoding:
        cost = 20

    encoding: Any = Encoding()
    item = Item(encoding, None, frozenset(), 0.0, 0.0)
    counts.score([Outcome(item, None, None, 0.0, 0.0)] * 3)

    assert (counts.batch_rows.sum, counts.batch_tokens.sum) == (3, 60)
