"""Verdicts judged anew by another policy."""

from __future__ import annotations

from typing import Any

import pytest

from models.labels import POST_LABELS
from streams.policy.backtest import MAX_SAMPLES, Backtest, Known
from streams.policy.judge import Judge
from tests.support.rules import ARTIFACT, DAY, policy, rule, scores


def judge(*rules: dict[str, Any], **more: Any) -> Judge:
    return Judge.build(policy(*rules, **more), ARTIFACT)


def verdict(action: str = "allow", labels: list[str] | None = None, lang: str = "en", **some: float) -> dict[str, Any]:
    return {
        "id": "v",
        "lang": lang,
        "action": action,
        "labels": labels or [],
        "reasons": [],
        "scores": dict(zip(POST_LABELS, scores(**some), strict=True)),
        "source": {"topic": "moderation.posts", "partition": 1, "offset": 7},
        "model_version": "m1",
    }


CASINO = {"casino": {"words": ["casino"]}}
ON_TEXT = rule("on-text", {"keywords": "casino"}, {"action": "remove"}, must_match=["casino"], must_not_match=["x"])


def test_the_same_policy_changes_nothing() -> None:
    test = Backtest(judge(), DAY)
    test.add(verdict("limit", ["hate"], hate=0.85), Known())
    test.add(verdict(), Known())
    assert (test.verdicts, test.changed) == (2, 0)
    assert test.report()["actions"] == [
        {"from": "limit", "to": "limit", "verdicts": 1, "places": []},
        {"from": "allow", "to": "allow", "verdicts": 1, "places": []},
    ]


def test_what_changes_is_counted_by_action_label_language_and_hour() -> None:
    test = Backtest(judge(actions={"hate": {"review": 0.7}}, thresholds={"spam": {"en": 0.1}}), DAY)
    test.add(verdict("limit", ["hate"], hate=0.85), Known(sent_at=3600.0))
    test.add(verdict(lang="zh", spam=0.3), Known(sent_at=3601.0))
    test.add(verdict(spam=0.3), Known(sent_at=7300.0))

    report = test.report()
    assert report["changed"] == 2
    assert {(one["from"], one["to"]): one["verdicts"] for one in report["actions"]} == {
        ("limit", "review"): 1,
        ("allow", "allow"): 2,
    }
    assert report["actions"][1]["places"] == [verdict()["source"]]
    assert report["labels"]["spam"] == {"gained": 1, "lost": 0, "action_changed": 0}
    assert report["labels"]["hate"] == {"gained": 0, "lost": 0, "action_changed": 1}
    assert report["languages"] == {"en": {"verdicts": 2, "changed": 2}, "zh": {"verdicts": 1, "changed": 0}}
    assert report["hours"] == {
        "1970-01-01T01:00Z": {"verdicts": 2, "changed": 1},
        "1970-01-01T02:00Z": {"verdicts": 1, "changed": 1},
    }


def test_how_much_was_read_counts_as_it_did() -> None:
    test = Backtest(judge(unassessed="review", least_read=0.9), DAY)
    test.add(verdict() | {"read_share": 0.3}, Known())
    test.add(verdict() | {"read_share": "most"}, Known())
    test.add(verdict(), Known())
    assert test.actions == {("allow", "review"): 1, ("allow", "allow"): 1}
    assert test.unreadable == 1


def test_another_policy_may_stand_in_for_what_the_verdicts_say() -> None:
    test = Backtest(judge(), DAY, against=judge(actions={}))
    test.add(verdict("remove", ["threat"], hate=0.85), Known())
    assert test.actions == {("allow", "limit"): 1}


def test_changes_of_the_same_few_authors_are_told_from_changes_of_many() -> None:
    test = Backtest(judge(actions={}), DAY)
    for who in ["a"] * 11 + list("bcdefghijkl"):
        test.add(verdict("limit", ["hate"], hate=0.85), Known(who=who))
    test.add(verdict("limit", ["hate"], hate=0.85), Known())
    authors = test.report()["authors"]
    assert authors == {"with_changes": 12, "top": 10, "share_of_top": round(20 / 22, 4), "changes_of_unknown": 1}
    assert "'a'" not in str(test.report())


def test_rules_on_texts_need_the_posts() -> None:
    test = Backtest(judge(ON_TEXT, keywords=CASINO), DAY)
    test.add(verdict(), Known())
    test.add(verdict(), Known(texts=("a casino",)))
    test.add(verdict(), Known(texts=("a cinema",)))

    assert test.report()["rules"] == {"on-text": {"mode": "on", "fired": 1, "changed": 1, "unsure": 1}}
    assert (test.undecided, test.changed) == (1, 1)


@pytest.mark.parametrize(
    ("then", "more", "undecided"),
    [
        ({"action": "remove"}, {}, 1),
        ({"action": "limit"}, {}, 0),
        ({"labels": ["hate"]}, {}, 0),
        ({"labels": ["spam"]}, {}, 1),
        ({"note": "n"}, {}, 0),
        ({"action": "remove"}, {"mode": "shadow"}, 0),
    ],
)
def test_what_a_rule_could_not_change_is_decided_without_it(then: Any, more: Any, undecided: int) -> None:
    test = Backtest(judge(ON_TEXT | {"then": then} | more, keywords=CASINO), DAY)
    test.add(verdict("limit", ["hate"], hate=0.85), Known())
    assert test.undecided == undecided
    assert test.rules["on-text"].unsure == 1


def test_rules_expire_as_of_the_verdicts_day() -> None:
    limited = rule("r", {"lang": "en"}, expires="1970-01-02", must_match=["x"], must_not_match=[{"lang": "zh"}])
    test = Backtest(judge(limited), DAY)
    test.add(verdict(), Known(sent_at=86_399.0))
    test.add(verdict(), Known(sent_at=86_400.0))
    test.add(verdict(), Known())
    assert test.rules["r"].fired == 1


def test_what_the_model_could_not_read_is_judged_too() -> None:
    test = Backtest(judge(unassessed="review"), DAY)
    test.add(verdict() | {"scores": None}, Known())
    assert test.actions == {("allow", "review"): 1}


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {**verdict(), "scores": {}},
        {**verdict(), "lang": "fr"},
        {**verdict(), "labels": 3},
        {**verdict(), "action": []},
        {**verdict(), "scores": dict.fromkeys(POST_LABELS, "x")},
        {"task": "symptoms", "id": "x"},
    ],
)
def test_what_is_no_verdict_on_a_post_is_counted(broken: Any) -> None:
    test = Backtest(judge(), DAY)
    test.add(broken, Known())
    assert (test.unreadable, test.verdicts) == (1, 0)


def test_the_quotas_word_is_not_the_policys() -> None:
    test = Backtest(judge(), DAY)
    test.add(verdict("review", ["hate"], hate=0.85) | {"reasons": ["hate>=0.8", "quota"]}, Known())
    assert (test.under_quota, test.changed) == (1, 1)


def test_posts_with_pictures_are_left_out_and_counted() -> None:
    test = Backtest(judge(), DAY)
    known = {"number": 0, "looked_at": True, "known": {"label": "banned", "distance": 0}}
    test.add(verdict("remove", ["banned"]) | {"reasons": ["known_picture:banned"], "pictures": [known]}, Known())
    test.add(verdict() | {"pictures": []}, Known())
    assert (test.with_pictures, test.verdicts, test.changed) == (1, 1, 0)
    assert test.report()["with_pictures"] == 1


def test_only_some_places_are_named() -> None:
    test = Backtest(judge(actions={}), DAY)
    for _ in range(MAX_SAMPLES + 3):
        test.add(verdict("limit", ["hate"], hate=0.85), Known())
    assert len(test.report()["actions"][0]["places"]) == MAX_SAMPLES
