"""Conditions as tests of a post."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from streams.policy.conditions import Facts
from streams.policy.rulebook import compile_rules
from streams.policy.tables import Condition
from streams.policy.text import hash_author
from tests.support.rules import ARTIFACT, facts, policy, rule, scores

LISTS = {
    "partners": {"kind": "allow", "of": "domains", "entries": ["good.example"]},
    "banned": {
        "kind": "block",
        "of": "authors",
        "salt": "s",
        "entries": [hash_author("ann", "s"), {"value": hash_author("eve", "s"), "expires": "2024-04-01"}],
    },
    "terms": {"kind": "watch", "of": "keywords", "entries": [{"value": "pump it", "expires": "2024-04-01"}]},
}
JOIN_WAVE = {"accounts": 50, "window_s": 600.0, "account_younger_than_s": 3600.0}
KEYWORDS = {"casino": {"words": ["casino", "free spins"]}}


def holds(when: dict[str, Any], known: Facts) -> bool | None:
    asking = policy(rule("it", when, {"note": "x"}), lists=LISTS, keywords=KEYWORDS, join_wave=JOIN_WAVE)
    (one,) = compile_rules(asking, ARTIFACT)
    return one.test(known)


@pytest.mark.parametrize(
    ("when", "known", "expected"),
    [
        ({"label": "hate"}, facts(scores=scores(hate=0.5)), True),
        ({"label": "hate"}, facts(scores=scores(hate=0.5), lang="zh"), False),
        ({"label": "hate", "at_least": 0.3, "below": 0.6}, facts(scores=scores(hate=0.3)), True),
        ({"label": "hate", "at_least": 0.3, "below": 0.6}, facts(scores=scores(hate=0.6)), False),
        ({"label": "hate", "below": 0.2}, facts(), True),
        ({"label": "hate", "at_least": 0.0}, facts(scores=scores(hate=1.0)), True),
        ({"label": "hate"}, facts(scores=None), None),
        ({"lang": ["en", "zh"]}, facts(), True),
        ({"lang": "zh"}, facts(), False),
        ({"kind": "reply"}, facts(kind="reply"), True),
        ({"kind": "reply"}, facts(), False),
        ({"kind": "reply"}, facts(kind=None), None),
        ({"thread": ["t1", "t2"]}, facts(thread="t2"), True),
        ({"thread": "t1"}, facts(thread=None), None),
        ({"keywords": "casino"}, facts("FREE spins"), True),
        ({"keywords": "casino"}, facts("cinema"), False),
        ({"keywords": "casino"}, facts(None), None),
        ({"regex": r"b\d+t"}, facts("b12t"), True),
        ({"regex": r"b\d+t"}, facts(None), None),
        ({"list": "partners"}, facts("http://a.good.example"), True),
        ({"list": "partners"}, facts("good"), False),
        ({"list": "banned"}, facts(author="ann"), True),
        ({"list": "banned"}, facts(author="bob"), False),
        ({"list": "banned"}, facts(author="eve"), False),
        ({"list": "banned"}, facts(author="eve", day=1), True),
        ({"list": "banned"}, facts(author=""), False),
        ({"list": "banned"}, facts(author=None), None),
        ({"list": "terms"}, facts("pump it", day=1), True),
        ({"list": "terms"}, facts("pump it"), False),
        ({"strikes": 2}, facts(strikes=lambda *_: 2), True),
        ({"strikes": 3, "window_s": 60.0}, facts(strikes=lambda window_s, _: 9 if window_s is None else 2), False),
        ({"strikes": 3, "half_life_s": 60.0}, facts(strikes=lambda _, half: 9 if half is None else 2), False),
        ({"strikes": 1}, facts(strikes=None), None),
        ({"posts": 9, "window_s": 60.0}, facts(rate=lambda what, _: 9 if what == "posts" else 0), True),
        ({"posts": 9, "window_s": 60.0}, facts(rate=lambda _, window_s: 9 if window_s > 60.0 else 8), False),
        ({"mentions": 9, "window_s": 60.0}, facts(rate=lambda what, _: 9 if what == "mentions" else 0), True),
        ({"mentions": 9, "window_s": 60.0}, facts(), None),
        ({"joins": 9}, facts(crowd=lambda kind: 9 if kind == "joins" else 0), True),
        ({"joins": 9}, facts(crowd=lambda _: 8), False),
        ({"joins": 9}, facts(), None),
        ({"copies": 9}, facts(crowd=lambda kind: 9 if kind == "copies" else 0), True),
        ({"picture_copies": 9}, facts(crowd=lambda kind: 9 if kind == "picture_copies" else 0), True),
        ({"account_younger_than_s": 60.0}, facts(account_age_s=59.0), True),
        ({"account_younger_than_s": 60.0}, facts(account_age_s=60.0), False),
        ({"account_younger_than_s": 60.0}, facts(), None),
    ],
)
def test_one_condition(when: dict[str, Any], known: Facts, expected: bool | None) -> None:
    assert holds(when, known) is expected
    assert holds({"not": when}, known) is (None if expected is None else not expected)


TRUE, FALSE, UNKNOWN = {"lang": "en"}, {"lang": "zh"}, {"account_younger_than_s": 60.0}


@pytest.mark.parametrize(
    ("parts", "everything", "anything"),
    [
        ([TRUE, TRUE], True, True),
        ([TRUE, FALSE], False, True),
        ([FALSE, FALSE], False, False),
        ([TRUE, UNKNOWN], None, True),
        ([UNKNOWN, FALSE], False, None),
        ([UNKNOWN, UNKNOWN], None, None),
    ],
)
def test_what_is_not_known_decides_nothing_alone(
    parts: list[dict[str, Any]], everything: bool | None, anything: bool | None
) -> None:
    for order in (parts, parts[::-1]):
        assert holds({"all": order}, facts()) is everything
        assert holds({"any": order}, facts()) is anything


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ({}, "needs exactly one of"),
        ({"lang": "en", "kind": "x"}, "needs exactly one of"),
        ({"lang": "en", "at_least": 0.5}, "has at_least without label"),
        ({"label": "hate", "window_s": 5.0}, "has window_s without strikes or posts or mentions"),
        ({"posts": 9}, "has posts without a window_s of 3600 at most"),
        ({"mentions": 9, "window_s": 3601.0}, "has mentions without a window_s of 3600 at most"),
        ({"joins": 9, "window_s": 60.0}, "has window_s without strikes or posts or mentions"),
        ({"copies": 1}, "greater than or equal to 2"),
        ({"label": "hate", "half_life_s": 5.0}, "has half_life_s without strikes"),
        ({"label": "hate", "at_least": 0.5, "below": 0.5}, "at_least more than below"),
        ({"label": "hate", "at_least": 0.5, "point": "strict"}, "one is enough"),
        ({"label": "haet"}, "is not a label"),
        ({"regex": "(?=x)"}, "is not a regular expression of RE2"),
        ({"all": []}, "at least 1 item"),
        ({"lang": "fr"}, "Input should be 'en', 'zh' or 'other'"),
        ({"lnag": "en"}, "Extra inputs"),
    ],
)
def test_a_condition_that_says_nothing_clear_is_refused(when: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Condition.model_validate(when)
