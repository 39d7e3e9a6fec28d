"""Rules that fire, and what they make of a ruling."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.policy import POLICY, Action, Policy, PolicyError
from streams.policy.bundle import bundled
from streams.policy.judge import Judge
from streams.policy.rules import Ruling
from tests.support.rules import ARTIFACT, as_toml, facts, policy, rule, scores

ALWAYS = {"lang": ["en", "zh", "other"]}
NEVER = {"all": [{"lang": "en"}, {"lang": "zh"}]}
PARTNERS = {"partners": {"kind": "allow", "of": "domains", "entries": ["good.example"]}}


def judged(*rules: dict[str, Any], text: str | None = "", lists: Any = None, **known: Any) -> Ruling:
    for one in rules:
        one.update(must_match=[{"text": "never"}], must_not_match=[{"text": "never"}])
    book = policy(*rules, lists=lists)
    return _judge(book).rule(facts(text, **known))[0]


def _judge(book: Policy) -> Judge:
    """Without the examples: these tests are about other things."""
    from streams.policy.rulebook import Rulebook, compile_rules

    whole = Judge.build(book.model_copy(update={"rules": ()}), ARTIFACT)
    rules = [one for one in compile_rules(book, ARTIFACT) if one.rule.mode != "off"]
    return Judge(whole.bars, Rulebook(rules, book.posts.span_labels), whole.unassessed)


def test_the_most_severe_action_wins_in_any_order() -> None:
    some = [rule("a", ALWAYS, {"action": "limit"}), rule("b", ALWAYS, {"action": "remove"}),
            rule("c", ALWAYS, {"action": "review"}), rule("d", NEVER, {"action": "remove"})]  # fmt: skip
    rulings = {judged(*order).reasons for order in permutations(some)}

    assert rulings == {("rule:b", "rule:c", "rule:a")}
    assert judged(*some).action is Action.REMOVE


def test_scores_and_rules_are_one_ladder() -> None:
    limited = judged(rule("a", ALWAYS, {"action": "review"}), scores=scores(hate=0.85))
    assert (limited.action, limited.reasons) == (Action.REVIEW, ("rule:a", "hate>=0.8"))
    weaker = judged(rule("a", ALWAYS, {"action": "limit"}), scores=scores(hate=0.99))
    assert (weaker.action, weaker.reasons) == (Action.REMOVE, ("hate>=0.98", "rule:a"))


def test_an_allow_list_caps_whatever_asks_for_more_and_is_named() -> None:
    cap = rule("partners", {"list": "partners"}, {"at_most": "limit"})
    some = [rule("a", ALWAYS, {"action": "remove"}), cap]

    capped = judged(*some, text="http://good.example", scores=scores(hate=0.99), lists=PARTNERS)
    assert (capped.action, capped.reasons) == (Action.LIMIT, ("hate>=0.98", "rule:a", "rule:partners"))
    assert judged(*some, text="elsewhere", lists=PARTNERS).action is Action.REMOVE
    idle = judged(cap, text="good.example", lists=PARTNERS)
    assert (idle.action, idle.reasons, len(idle.rules)) == (Action.ALLOW, (), 1), "it capped nothing"
    allowed = judged(rule("p", {"list": "partners"}, {"at_most": "allow"}), text="good.example", lists=PARTNERS,
                     scores=scores(hate=0.99))  # fmt: skip
    assert (allowed.action, allowed.is_offence, allowed.labels) == (Action.ALLOW, False, ("hate",))


def test_a_rule_in_shadow_is_noted_and_changes_nothing() -> None:
    shadow = rule("s", ALWAYS, {"action": "remove", "labels": ["spam"], "alert": "high", "note": "n"}, mode="shadow")
    ruling = judged(shadow)

    assert (ruling.action, ruling.labels, ruling.reasons, ruling.alert) == (Action.ALLOW, (), (), None)
    (entry,) = ruling.rules
    assert (entry["name"], entry["mode"], entry["action"], entry["note"]) == ("s", "shadow", "remove", "n")
    assert judged(rule("o", ALWAYS, mode="off")).rules == ()


def test_labels_are_added_once_and_mark_spans() -> None:
    ruling = judged(rule("a", ALWAYS, {"labels": ["hate", "own_word"]}), scores=scores(hate=0.6))
    assert (ruling.labels, ruling.action) == (("hate", "own_word"), Action.ALLOW)
    assert judged(rule("a", ALWAYS, {"labels": ["hate"]})).marks_spans
    assert not judged(rule("a", ALWAYS, {"labels": ["spam"]})).marks_spans


def test_alerts_name_their_rules_and_the_highest_counts() -> None:
    some = [rule("a", ALWAYS, {"alert": "high"}), rule("b", ALWAYS, {"alert": "critical"})]
    assert (judged(*some).alert, judged(*some).alert_reasons) == ("critical", ("rule:a", "rule:b"))


def test_a_rule_on_history_says_so_and_makes_no_strike_of_its_own() -> None:
    historic = rule("h", {"all": [ALWAYS, {"not": {"not": {"strikes": 3}}}]})
    ruling = judged(historic, strikes=lambda *_: 3)

    assert (ruling.action, ruling.reasons, ruling.is_offence) == (Action.REVIEW, ("rule:h (history)",), False)
    assert ruling.rules[0]["history"]
    assert judged(rule("a", ALWAYS)).is_offence
    assert not judged(rule("a", ALWAYS, {"action": "review", "labels": ["self_harm"]})).is_offence


def test_a_rule_is_over_from_the_day_on_which_it_expires() -> None:
    one = rule("a", ALWAYS, expires="2027-03-01")
    last = date(2027, 3, 1).toordinal()
    assert judged(one, day=last - 1).action is Action.REVIEW
    assert judged(one, day=last).action is Action.ALLOW


def test_what_the_model_cannot_read_is_still_met_by_rules() -> None:
    some = [rule("a", {"regex": "x"}), rule("b", {"label": "hate"}, {"action": "remove"})]
    assert judged(*some, text="x", scores=None).reasons == ("rule:a",)


def test_rules_of_which_it_cannot_be_told_are_named() -> None:
    some = [rule("a", {"regex": "x"}), rule("b", ALWAYS), rule("c", {"all": [{"regex": "x"}, NEVER]})]
    ruling, unsure = _judge(policy(*some)).rule(facts(None))
    assert (ruling.reasons, [one.name for one in unsure]) == (("rule:b",), ["a"])


@pytest.mark.parametrize(
    ("must_match", "must_not_match", "told"),
    [
        (["x", "yes"], ["no"], "example 2 of must_match does not match"),
        (["x"], ["no", "x"], "example 2 of must_not_match matches"),
        (["x"], ["no", {"text": "x", "lang": "zh"}], "example 2 of must_not_match matches"),
    ],
)
def test_examples_are_run_before_a_policy_is_used(must_match: Any, must_not_match: Any, told: str) -> None:
    for mode in ("on", "shadow", "off"):
        one = rule("r", {"regex": "^x"}, must_match=must_match, must_not_match=must_not_match, mode=mode)
        with pytest.raises(PolicyError, match=f"rule r: {told}") as refused:
            Judge.build(policy(one), ARTIFACT)
        assert "yes" not in str(refused.value)


def test_examples_say_all_that_a_rule_may_ask() -> None:
    when = {"all": [{"label": "spam", "at_least": 0.5}, {"kind": "sms"}, {"thread": "t"}, {"strikes": 2},
                    {"account_younger_than_s": 60.0}, {"lang": "zh"}]}  # fmt: skip
    fits = {"scores": {"spam": 0.5}, "kind": "sms", "thread": "t", "strikes": 2, "account_age_s": 1, "lang": "zh"}
    other = {"kind": "x", "thread": "x", "strikes": 1, "account_age_s": 61, "lang": "en", "scores": {}}
    misses = [{**fits, name: value} for name, value in other.items()]
    Judge.build(policy(rule("r", when, must_match=[fits], must_not_match=misses)), ARTIFACT)


def test_an_example_is_read_as_a_post_is_disguises_and_all() -> None:
    some = {"casino": {"words": ["casino"]}}
    one = rule("r", {"keywords": "casino"}, must_match=["c.a.s.i.n.o", "C A S I N O now"], must_not_match=["cas in o"])
    Judge.build(policy(one, keywords=some), ARTIFACT)


@given(st.permutations(["a", "b", "c"]))
def test_the_order_of_rules_is_no_edit(names: list[str]) -> None:
    assert policy(*(rule(name, ALWAYS) for name in names)).version_with() == policy(
        *(rule(name, ALWAYS) for name in ("a", "b", "c"))
    ).version_with()  # fmt: skip


LISTED = """
[lists.partners]
kind = "allow"
of = "domains"
file = "partners.tsv"
[keywords.casino]
file = "casino.txt"
"""


def written(folder: Path, more: str, partners: str = "a.example\n", casino: str = "casino\n") -> Path:
    (folder / "partners.tsv").write_text(partners, "utf-8")
    (folder / "casino.txt").write_text(casino, "utf-8")
    path = folder / "policy.toml"
    path.write_text(POLICY.read_text("utf-8") + more, "utf-8")
    return path


def test_files_of_lists_and_keywords_are_part_of_the_policy(tmp_path: Path) -> None:
    partners = "# partners\n\na.example\nb.example\t2027-03-01\tthe spring event\n"
    loaded = Policy.load(written(tmp_path, LISTED, partners, "casino\n free spins \n"))

    entries = [(one.value, str(one.expires), one.why) for one in loaded.lists["partners"].entries]
    assert entries == [("a.example", "None", ""), ("b.example", "2027-03-01", "the spring event")]
    assert loaded.keywords["casino"].words == ("casino", "free spins")
    before = loaded.version_with()
    assert (
        Policy.load(written(tmp_path, LISTED, partners + "# more\n", "casino\nfree spins\n")).version_with() == before
    )
    assert Policy.load(written(tmp_path, LISTED, partners + "c.example\n")).version_with() != before
    assert Policy.model_validate(loaded.model_dump()).version_with() == before, "it stands without its files"


def test_a_policy_that_travels_stands_alone_and_is_the_same(tmp_path: Path) -> None:
    odd = 'free \\spins\n\u2028quoted "x"\n\x7fdel\n\U0001f600 老虎机\n'
    one = as_toml(rule("casino", {"keywords": "casino"}, must_match=["x"], must_not_match=["y"], expires="2027-01-01"))
    path = written(tmp_path, one + LISTED, 'a.example\t2027-03-01\tfor "us"\n', odd)
    text = bundled(path)

    assert Policy.parse(text.encode(), "it").version_with() == Policy.load(path).version_with()
    with pytest.raises(PolicyError, match="names a file, which cannot travel"):
        Policy.parse(path.read_bytes(), "it")
    assert bundled(POLICY) == POLICY.read_text("utf-8"), "remarks and all"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (LISTED.replace("casino.txt", "none.txt"), r"keywords.casino names .*none.txt, which cannot be read"),
        (LISTED + 'words = ["x"]', "keywords.casino has words and a file"),
        (LISTED.replace("allow", "maybe"), "lists.partners.kind"),
        ("[[rules]]\nname = 'x'", "rules.0.owner is missing"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, more: str, told: str) -> None:
    with pytest.raises(PolicyError, match=told):
        Policy.load(written(tmp_path, more))


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([rule("a", ALWAYS), rule("a", ALWAYS)], "two rules with the name a"),
        ([rule("a", {"list": "x"})], "asks for the list x, which is not there"),
        ([rule("a", {"keywords": "x"})], "asks for the keywords x, which are not there"),
        ([rule("a", ALWAYS, {"at_most": "limit"})], "may fire on what is on no allow-list"),
        ([rule("a", {"any": [{"list": "partners"}, ALWAYS]}, {"at_most": "limit"})], "on no allow-list"),
        ([rule("a", {"not": {"list": "partners"}}, {"at_most": "limit"})], "on no allow-list"),
        ([rule("a", {"list": "watched"})], "acts on a watch-list"),
        ([rule("a", {"strikes": 1, "window_s": 86401.0})], "looks further back"),
        ([rule("a", ALWAYS, {"action": "limit", "at_most": "allow"})], "those are two rules"),
        ([rule("a", ALWAYS, {"labels": []})], "does nothing"),
        ([rule("a", ALWAYS, {"labels": ["Not A Word"]})], "should match pattern"),
    ],
)  # fmt: skip
def test_rules_have_to_fit_the_policy(rules: Any, told: str) -> None:
    watched = {"watched": {"kind": "watch", "of": "keywords", "entries": ["x"]}}
    with pytest.raises(ValueError, match=told):
        policy(*rules, lists=PARTNERS | watched)


def test_a_cap_behind_a_condition_that_demands_the_list_is_one() -> None:
    demands = {"all": [ALWAYS, {"any": [{"list": "partners"}, {"all": [{"list": "partners"}, ALWAYS]}]}]}
    policy(rule("a", demands, {"at_most": "limit"}), lists=PARTNERS)
