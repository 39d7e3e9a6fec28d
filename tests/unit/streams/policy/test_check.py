"""What is found to be wrong with the rules of a policy."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from streams.policy.check import findings
from streams.policy.ways import MAX_WAYS, ways_of
from tests.support.rules import ARTIFACT, policy, rule

TODAY = date(2026, 11, 26)
EN = {"lang": "en"}
KEYWORDS = {"casino": {"words": ["casino", "free spins", "jackpot"]}}
LISTS: dict[str, Any] = {
    "partners": {"kind": "allow", "of": "domains", "entries": ["good.example"]},
    "bad": {"kind": "block", "of": "domains", "entries": ["bad.example"]},
}
USED = rule("uses-all", {"any": [{"list": "partners"}, {"list": "bad"}, {"keywords": "casino"}]}, {"note": "n"},
            must_match=["casino"], must_not_match=["x"])  # fmt: skip


def found(*rules: dict[str, Any], lists: Any = None, keywords: Any = None) -> list[tuple[str, str, str]]:
    """Examples that fail are told of in a test of their own."""
    book = policy(*rules, USED, lists=LISTS | (lists or {}), keywords=KEYWORDS | (keywords or {}))
    some = findings(book, ARTIFACT, TODAY)
    return [(one.severity, one.kind, one.subject) for one in some if one.kind != "example"]


def test_nothing_is_wrong_with_sound_rules() -> None:
    assert found(rule("a", {"label": "hate", "at_least": 0.9}), rule("b", {"label": "spam", "at_least": 0.9})) == []


@pytest.mark.parametrize(
    "when",
    [
        {"all": [EN, {"lang": "zh"}]},
        {"all": [EN, {"not": EN}]},
        {"all": [{"label": "hate", "at_least": 0.9}, {"label": "hate", "below": 0.5}]},
        {"all": [{"label": "hate", "at_least": 0.9}, {"not": {"label": "hate", "at_least": 0.8}}]},
        {"all": [{"label": "hate", "below": 0.55}, {"label": "hate"}, {"lang": "zh"}]},
        {"all": [{"kind": "sms"}, {"kind": ["reply", "comment"]}]},
        {"all": [{"kind": "sms"}, {"not": {"kind": ["sms", "reply"]}}]},
        {"all": [{"keywords": "casino"}, {"not": {"keywords": "casino"}}]},
        {"all": [{"strikes": 5}, {"not": {"strikes": 3}}]},
        {"all": [{"account_younger_than_s": 60.0}, {"not": {"account_younger_than_s": 3600.0}}]},
        {"all": [{"posts": 9, "window_s": 60.0}, {"not": {"posts": 8, "window_s": 60.0}}]},
        {"not": {"any": [EN, {"not": EN}]}},
        {"list": "gone"},
        {"list": "nobody"},
    ],
)
def test_a_rule_that_can_never_fire_is_dead(when: dict[str, Any]) -> None:
    lists = {
        "gone": {"kind": "block", "of": "domains", "entries": [{"value": "x.example", "expires": "2026-11-26"}]},
        "nobody": {"kind": "block", "of": "authors", "entries": []},
    }
    assert ("error", "dead", "a") in found(rule("a", when), lists=lists)


@pytest.mark.parametrize(
    "when",
    [
        {"any": [{"all": [EN, {"lang": "zh"}]}, EN]},
        {"all": [{"label": "hate", "below": 0.55}, {"label": "hate"}]},
        {"all": [{"not": {"label": "hate", "at_least": 0.2, "below": 0.4}}, {"label": "hate", "at_least": 0.3}]},
        {"all": [{"strikes": 5}, {"not": {"strikes": 3, "window_s": 60.0}}]},
        {"all": [{"strikes": 5}, {"not": {"strikes": 3, "half_life_s": 60.0}}]},
        {"all": [{"posts": 9, "window_s": 60.0}, {"not": {"mentions": 8, "window_s": 60.0}}]},
        {"all": [{"copies": 9}, {"not": {"picture_copies": 8}}]},
        {"not": {"list": "nobody"}},
    ],
)
def test_a_rule_that_may_fire_is_not(when: dict[str, Any]) -> None:
    lists = {"nobody": {"kind": "block", "of": "authors", "entries": []}}
    assert ("error", "dead", "a") not in found(rule("a", when), lists=lists)


def test_a_rule_with_too_many_ways_is_said_not_to_be_checked() -> None:
    pairs = [{"any": [{"regex": f"a{i}"}, {"regex": f"b{i}"}]} for i in range(12)]
    assert found(rule("a", {"all": pairs})) == [("warning", "unchecked", "a")]
    assert MAX_WAYS < 2**12


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ({"all": [EN, {"kind": "sms"}]}, EN),
        (EN, {"any": [{"lang": "zh"}, EN]}),
        ({"label": "hate", "at_least": 0.9}, {"label": "hate", "at_least": 0.8}),
        ({"label": "hate", "at_least": 0.95}, {"label": "hate"}),
        ({"all": [{"lang": "en"}, {"label": "hate", "at_least": 0.55}]}, {"label": "hate"}),
        ({"kind": "sms"}, {"kind": ["sms", "reply"]}),
        ({"kind": "sms"}, {"not": {"kind": "reply"}}),
        ({"strikes": 5}, {"strikes": 3}),
        ({"copies": 50}, {"copies": 20}),
        ({"account_younger_than_s": 60.0}, {"account_younger_than_s": 90.0}),
    ],
)
def test_a_rule_that_adds_nothing_to_another_is_shadowed(narrow: Any, wide: Any) -> None:
    assert found(rule("a", narrow), rule("b", wide)) == [("warning", "shadowed", "a")]
    assert found(rule("a", narrow, {"action": "remove"}), rule("b", wide)) == []
    assert found(rule("a", narrow, {"action": "limit"}), rule("b", wide)) == [("warning", "shadowed", "a")]
    assert found(rule("a", narrow), rule("b", wide, mode="shadow")) == []
    assert found(rule("a", narrow), rule("b", wide, expires="2027-01-01")) == []
    assert found(rule("a", narrow, {"action": "review", "labels": ["spam"]}), rule("b", wide)) == []


def test_of_two_equal_rules_one_is_named() -> None:
    assert found(rule("a", EN), rule("b", EN)) == [("warning", "shadowed", "b")]


def test_an_action_that_is_always_capped_is_a_conflict() -> None:
    cap = rule("cap", {"list": "partners"}, {"at_most": "limit"}, must_match=["good.example"], must_not_match=["x"])
    always = rule("a", {"all": [{"list": "partners"}, {"keywords": "casino"}]}, {"action": "remove"})
    assert found(cap, always) == [("error", "conflict", "a")]
    sometimes = rule("b", {"keywords": "casino"}, {"action": "remove"},
                     must_match=["casino", "casino on good.example"], must_not_match=["x"])  # fmt: skip
    assert found(cap, sometimes) == [("warning", "conflict", "b")]
    weak = rule("c", {"keywords": "casino"}, {"action": "limit"}, must_match=["casino on good.example"])
    assert found(cap, weak) == []


def test_entries_on_an_allow_list_and_a_block_list_are_a_conflict() -> None:
    both = {"bad": {"kind": "block", "of": "domains", "entries": ["GOOD.example"]}}
    assert found(lists=both) == [("error", "conflict", "bad")]
    over = {"bad": {"kind": "block", "of": "domains",
                    "entries": ["x.example", {"value": "good.example", "expires": "2026-01-01"}]}}  # fmt: skip
    assert found(lists=over) == [("warning", "expired", "bad")]


def test_sets_of_keywords_that_overlap_or_repeat_are_named() -> None:
    more = {"other": {"words": ["Casino!", "free  SPINS", "bingo", "bingo"]}}
    uses = rule("b", {"keywords": "other"}, {"note": "n"})
    assert found(uses, keywords=more) == [("warning", "overlap", "casino"), ("warning", "repeated", "other")]


def test_what_has_expired_or_is_not_asked_for_is_named() -> None:
    assert found(rule("a", {"kind": "x"}, expires=TODAY)) == [("warning", "expired", "a")]
    assert found(rule("a", {"kind": "x"}, expires="2026-11-27")) == []
    more = {"idle": {"words": ["idle"]}}
    assert found(keywords=more) == [("warning", "unused", "idle")]
    assert found(rule("a", {"kind": "x"}, {"labels": ["toxcity"]})) == [("warning", "label", "a")]


def test_failing_examples_are_errors_of_their_rule() -> None:
    bad = rule("a", {"regex": "^x"}, must_match=["x", "y"], must_not_match=["x"])
    some = findings(policy(bad), ARTIFACT, TODAY)
    assert [(one.severity, one.kind, one.subject) for one in some] == [("error", "example", "a")] * 2


def test_ways_of_nothing_special() -> None:
    ways = ways_of(policy(rule("a", EN)).rules[0].when, {}, ())
    assert ways is not None
    assert [(way.langs, way.is_possible) for way in ways] == [(frozenset({"en"}), True)]
