"""The figures of reviews as metrics."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client.core import Metric

from schemas import Quality
from schemas.examples import QUALITY
from streams.health.families import FAMILIES
from streams.health.words import closed
from streams.quality.metrics import QualityMetrics


def samples(found: dict[str, Metric], name: str) -> dict[tuple[str, ...], float]:
    return {tuple(one.labels.values()): one.value for one in found[name].samples}


def shown(change: Callable[[dict[str, Any]], None] | None = None) -> dict[str, Metric]:
    said = Quality.model_validate(QUALITY).model_dump()
    said["languages"] = {"zh": said["figures"] | {"reviewed": 3}}
    if change is not None:
        change(said)
    metrics = QualityMetrics()
    metrics.show(Quality.model_validate(said))
    return {one.name: one for one in metrics.collect()}


def test_all_that_is_declared_is_there_in_known_words() -> None:
    words, declared = closed(), {one.name: one for one in FAMILIES if one.where == "assessor"}
    for found in (shown(), {one.name: one for one in QualityMetrics().collect()}):
        assert set(found) == set(declared)
        for name, one in found.items():
            assert (one.type, one.documentation) == (declared[name].kind, declared[name].about)
            for sample in one.samples:
                assert tuple(sample.labels) == declared[name].labels
                assert all(value in words[label] for label, value in sample.labels.items()), sample


def test_a_figure_has_a_value_and_both_ends_for_all_and_for_each_language() -> None:
    found = shown()
    assert samples(found, "tidegate_reviewed_action_precision") == {
        ("posts", lang, "limit", bound): value
        for lang in ("all", "zh")
        for bound, value in (("value", 0.92), ("low", 0.8412), ("high", 0.9617))
    }
    assert samples(found, "tidegate_reviewed_verdicts") == {("posts", "all"): 115, ("posts", "zh"): 3}
    assert samples(found, "tidegate_reviewed_kappa")["posts", "all"] == 0.8125
    assert samples(found, "tidegate_reviewed_recall")["posts", "all", "low"] == 0.1468


def test_a_label_of_the_policys_own_is_in_the_message_alone() -> None:
    def change(said: dict[str, Any]) -> None:
        labels = said["figures"]["precision"]["labels"]
        labels["house_rule"] = labels["insult"]

    assert {labels[2] for labels in samples(shown(change), "tidegate_reviewed_label_precision")} == {"insult"}


def test_it_tells_how_long_the_window_is_and_how_old_the_figures_are() -> None:
    now = 100.0
    metrics = QualityMetrics(clock=lambda: now)
    until = datetime(2026, 11, 24, tzinfo=UTC)
    now = 130.0
    before = {one.name: one for one in metrics.collect()}
    assert samples(before, "tidegate_reviewed_age_seconds") == {(): 30.0}
    assert samples(before, "tidegate_reviewed_window_seconds") == {}

    metrics.show(Quality.model_validate(QUALITY | {"since": until - timedelta(hours=2), "until": until}))
    now = 135.0
    after = {one.name: one for one in metrics.collect()}
    assert samples(after, "tidegate_reviewed_age_seconds") == {(): 5.0}
    assert samples(after, "tidegate_reviewed_window_seconds") == {(): 7200.0}
