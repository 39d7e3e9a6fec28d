"""What reviews say about verdicts."""

from __future__ import annotations

from typing import Any

import pytest

from schemas import Review
from streams.reviews.agreement import Agreement, agreements, pooled
from streams.reviews.report import ReviewReport


def report(verdicts: dict[str, tuple[str, list[str]]], *reviews: dict[str, Any]) -> dict[str, Any]:
    """Verdicts by id as action and labels."""
    found = ReviewReport()
    for number, review in enumerate(reviews):
        found.add_review(Review.model_validate({"id": f"r{number}", "post_id": "p"} | review))
    for identity, (action, labels) in verdicts.items():
        found.add_verdict({"id": identity, "action": action, "labels": labels})
    return found.report()


def test_an_action_is_right_where_at_least_as_much_is_asked_for() -> None:
    verdicts = {name: (name[:-1], ["hate"]) for name in ("limit1", "limit2", "limit3", "remove1", "remove2", "review1")}
    wanted = {"limit1": "limit", "limit2": "remove", "limit3": "allow", "remove1": "remove", "remove2": "limit",
              "review1": "limit"}  # fmt: skip
    found = report(verdicts, *({"verdict_id": name, "action": action} for name, action in wanted.items()))

    actions = found["precision"]["actions"]
    shares = {name: (one["value"], one["rows"]) for name, one in actions.items()}
    assert shares == {"limit": (0.6667, 3), "review": (1.0, 1), "remove": (0.5, 2)}
    assert (actions["remove"]["low"], actions["remove"]["high"]) == (0.0945, 0.9055), "Wilson's interval of 1 of 2"


def test_a_decision_overrules_the_comparison_and_unsure_says_nothing() -> None:
    verdicts = {"a": ("limit", ["hate"]), "b": ("limit", ["hate"])}
    found = report(
        verdicts,
        {"verdict_id": "a", "action": "limit", "decision": "overturned"},
        {"verdict_id": "b", "action": "allow", "decision": "unsure"},
    )
    assert found["precision"]["actions"]["limit"]["rows"] == 1
    assert found["precision"]["actions"]["limit"]["value"] == 0.0
    assert found["unsure"] == 1


def test_labels_are_right_as_a_person_says_or_as_far_as_it_follows() -> None:
    verdicts = {name: ("limit", ["hate", "spam"]) for name in "abcd"}
    found = report(
        verdicts,
        {"verdict_id": "a", "action": "limit", "labels": ["hate"]},
        {"verdict_id": "b", "action": "allow"},
        {"verdict_id": "c", "action": "limit", "decision": "upheld"},
        {"verdict_id": "d", "action": "remove"},
    )
    labels = {name: (one["value"], one["rows"]) for name, one in found["precision"]["labels"].items()}
    assert labels == {"hate": (0.6667, 3), "spam": (0.3333, 3)}


def test_a_review_that_is_superseded_or_sent_again_counts_no_more() -> None:
    found = report(
        {"a": ("limit", [])},
        {"id": "x", "verdict_id": "a", "action": "allow"},
        {"id": "y", "verdict_id": "a", "action": "limit", "supersedes": "x"},
        {"id": "y", "verdict_id": "a", "action": "remove", "supersedes": "x"},
    )
    assert (found["reviews"], found["superseded"]) == (2, 1)
    assert found["precision"]["actions"]["limit"]["value"] == 1.0


def test_appeals_are_no_fair_sample_and_stand_alone() -> None:
    found = report(
        {"a": ("remove", []), "b": ("remove", [])},
        {"verdict_id": "a", "action": "allow", "source": "appeal"},
        {"verdict_id": "b", "action": "remove", "source": "appeal"},
    )
    assert found["precision"]["actions"]["remove"]["rows"] == 0
    assert (found["appeals"]["value"], found["appeals"]["rows"]) == (0.5, 2)


def test_recall_follows_from_a_random_sample_of_what_was_allowed() -> None:
    verdicts: dict[str, tuple[str, list[str]]] = {f"ok{i}": ("allow", []) for i in range(100)}
    verdicts |= {f"no{i}": ("limit", ["hate"]) for i in range(10)}
    sample = [{"verdict_id": f"ok{i}", "action": "limit" if i == 0 else "allow", "sampled": True} for i in range(20)]
    chosen = [{"verdict_id": "ok50", "action": "remove"}]
    acted = [{"verdict_id": f"no{i}", "action": "limit" if i < 4 else "allow"} for i in range(5)]
    found = report(verdicts, *sample, *chosen, *acted)

    missed, recall = found["missed"]["of_allowed"], found["missed"]["recall"]
    assert (missed["value"], missed["rows"]) == (0.05, 20), "the post that somebody chose is no sample"
    assert recall["value"] == round(8 / (8 + 5), 4)
    assert recall["low"] < recall["value"] < recall["high"]
    assert report(verdicts, *acted)["missed"]["recall"] is None


def test_what_the_service_drew_is_a_sample_whatever_the_review_says() -> None:
    found = ReviewReport()
    for number in range(20):
        action = "limit" if number == 0 else "allow"
        found.add_review(Review.model_validate({"verdict_id": f"ok{number}", "post_id": "p", "action": action}))
    for number in range(100):
        found.add_verdict({"id": f"ok{number}", "action": "allow", "labels": [], "sampled": number < 40})
    found.add_verdict({"id": "ok0", "action": "allow", "labels": []})  # the same text elsewhere, which was not drawn
    missed = found.report()["missed"]

    assert (missed["of_allowed"]["value"], missed["of_allowed"]["rows"]) == (0.05, 20)
    assert missed["sample"] == {"proposed": 40, "reviewed": 20}


def test_reviews_without_their_verdict_and_what_is_none_are_counted() -> None:
    found = ReviewReport()
    found.add_review(Review.model_validate({"verdict_id": "a", "post_id": "p", "action": "allow"}))
    found.add_verdict({})
    found.add_verdict({"id": "b", "action": "allow", "labels": None})
    assert (found.report()["without_verdict"], found.report()["unreadable"]) == (1, 2)


def test_kappa_is_what_the_book_says() -> None:
    """20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: 0.7 agreed, 0.5 by chance, kappa 0.4."""
    answers = [{"a": "yes", "b": "yes"}] * 20 + [{"a": "yes", "b": "no"}] * 5
    answers += [{"b": "yes", "a": "no"}] * 10 + [{"a": "no", "b": "no"}] * 15
    (one,) = agreements(answers).values()
    assert (one.items, one.agreed, one.expected) == (50, 35, 25.0)
    assert one.kappa == pytest.approx(0.4)
    assert pooled([one, one]).kappa == pytest.approx(0.4)


def test_where_chance_explains_everything_there_is_no_kappa() -> None:
    (one,) = agreements([{"a": "yes", "b": "yes"}] * 9).values()
    assert one.kappa is None
    assert Agreement(0, 0, 0.0).kappa is None


def test_agreement_is_of_reviewers_with_a_name_on_the_same_verdict() -> None:
    found = report(
        {"a": ("limit", [])},
        {"verdict_id": "a", "action": "limit", "reviewer": "x"},
        {"verdict_id": "a", "action": "allow", "reviewer": "y"},
        {"verdict_id": "a", "action": "allow"},
        {"verdict_id": "b", "action": "allow", "reviewer": "x"},
    )
    assert found["agreement"]["items"] == 1
    assert [one["reviewers"] for one in found["agreement"]["pairs"]] == [["x", "y"]]


@pytest.mark.parametrize(
    "wrong",
    [{"id": ["a"]}, {"action": ["limit"]}, {"action": "explode"}, {"labels": [1, "hate"]}, {"labels": [{}]}],
)
def test_what_only_looks_like_a_verdict_is_counted_and_stops_nothing(wrong: dict[str, Any]) -> None:
    found = ReviewReport()
    found.add_review(Review.model_validate({"verdict_id": "a", "post_id": "p", "action": "allow", "source": "appeal"}))
    found.add_verdict({"id": "a", "action": "limit", "labels": ["hate"], "lang": {}} | wrong)
    assert (found.report()["unreadable"], found.report()["verdicts"]) == (1, 0)


def test_each_language_has_figures_of_its_own() -> None:
    found = ReviewReport()
    said = {"en": ("limit", "limit"), "zh": ("limit", "allow"), "xx": ("remove", "remove")}
    for lang, (_, wanted) in said.items():
        for name in ("x", "y"):
            review = {"verdict_id": lang, "post_id": "p", "action": wanted, "reviewer": name}
            found.add_review(Review.model_validate(review))
    for lang, (action, _) in said.items():
        found.add_verdict({"id": lang, "action": action, "labels": ["hate"], "lang": lang})
    report = found.report()

    languages = report["languages"]
    limits = {lang: one["precision"]["actions"]["limit"] for lang, one in languages.items()}
    assert {lang: (one["value"], one["rows"]) for lang, one in limits.items()} == {
        "en": (1.0, 1), "zh": (0.0, 1), "other": (None, 0),
    }  # fmt: skip
    assert report["precision"]["actions"]["limit"]["value"] == 0.5
    for name in ("verdicts", "reviewed"):
        assert report[name] == sum(one[name] for one in languages.values()) == 3
    assert report["agreement"]["items"] == sum(one["agreement"]["items"] for one in languages.values()) == 3
    assert "pairs" not in languages["en"]["agreement"], "names of people stand in one place alone"


def test_recall_of_a_label_follows_from_the_labels_that_drawn_posts_should_have() -> None:
    verdicts: dict[str, tuple[str, list[str]]] = {f"ok{i}": ("allow", []) for i in range(100)}
    verdicts |= {f"no{i}": ("limit", ["hate", "spam"]) for i in range(10)}
    drawn: list[dict[str, Any]] = [{"verdict_id": f"ok{i}", "action": "allow", "sampled": True} for i in range(19)]
    missed = {"verdict_id": "ok99", "action": "limit", "sampled": True}
    acted = [{"verdict_id": f"no{i}", "action": "limit", "labels": ["hate"]} for i in range(4)]

    named = report(verdicts, *drawn, missed | {"labels": ["hate"]}, *acted)["missed"]["labels"]
    assert {label: one["value"] for label, one in named.items()} == {"hate": round(10 / (10 + 5), 4), "spam": 0.0}
    assert report(verdicts, *drawn, missed, *acted)["missed"]["labels"] == {}, "nobody said for which label"
