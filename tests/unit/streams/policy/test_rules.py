"""Scores to labels, action and reasons."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.labels import POST_LABELS
from streams.policy import Action, Policy
from streams.policy.base import LANGUAGES
from streams.policy.rules import NOTHING, PostRules

CALIBRATED = {label: {"en": 0.5, "zh": 0.6} for label in POST_LABELS}
scores_strategy = st.lists(
    st.integers(0, 10_000).map(lambda n: n / 10_000), min_size=len(POST_LABELS), max_size=len(POST_LABELS)
)


def scores(**some: float) -> list[float]:
    return [some.get(label, 0.0) for label in POST_LABELS]


def policy(**posts: Any) -> Policy:
    plain = Policy.load().model_dump()
    plain["posts"].update(posts)
    return Policy.model_validate(plain)


def test_below_every_threshold_nothing_stands() -> None:
    assert PostRules(policy(), CALIBRATED).judge(scores(toxicity=0.4999, hate=0.4), "en") is NOTHING


def test_a_score_equal_to_a_bar_reaches_it() -> None:
    rules = PostRules(policy(actions={"threat": {"review": 0.7}}), CALIBRATED)

    assert rules.judge(scores(threat=0.5), "en").labels == ("threat",)
    assert rules.judge(scores(threat=0.7), "en").action is Action.REVIEW
    assert rules.judge(scores(threat=0.6999), "en").action is Action.ALLOW


def test_the_strongest_action_wins_and_reasons_name_label_and_rule() -> None:
    actions = {"profanity": {"limit": 0.6}, "threat": {"review": 0.6, "remove": 0.9}, "hate": {"review": 0.8}}
    rules = PostRules(policy(actions=actions), CALIBRATED)

    ruling = rules.judge(scores(profanity=0.7, threat=0.95, hate=0.85, spam=0.99), "en")

    assert ruling.action is Action.REMOVE
    assert ruling.reasons == ("threat>=0.9", "hate>=0.8", "profanity>=0.6")
    assert ruling.labels == ("hate", "threat", "profanity", "spam")


def test_an_action_never_starts_below_the_threshold() -> None:
    rules = PostRules(policy(actions={"spam": {"limit": 0.1}}), CALIBRATED)

    assert rules.judge(scores(spam=0.49), "en") is NOTHING
    assert rules.judge(scores(spam=0.5), "en").reasons == ("spam>=0.5",)


def test_no_label_acts_below_the_bar_that_the_model_names() -> None:
    acts_from = {"spam": {"en": 0.9, "zh": 0.7, "other": None}}
    rules = PostRules(policy(actions={"spam": {"limit": 0.6, "remove": 0.95}}, thresholds={}), CALIBRATED, acts_from)

    assert rules.judge(scores(spam=0.89), "en").labels == ("spam",)
    assert rules.judge(scores(spam=0.89), "en").action is Action.ALLOW
    assert rules.judge(scores(spam=0.9), "en").reasons == ("spam>=0.9",)
    assert rules.judge(scores(spam=0.95), "en").action is Action.REMOVE
    assert rules.judge(scores(spam=0.7), "zh").action is Action.LIMIT


def test_the_scores_that_it_tells_are_those_that_it_goes_by() -> None:
    acts_from = {"spam": {"en": 0.9, "zh": 0.7, "other": None}}
    rules = PostRules(policy(actions={"spam": {"limit": 0.6, "remove": 0.95}}, thresholds={}), CALIBRATED, acts_from)

    told = {lang: rules.acting_scores(lang)["spam"] for lang in ("en", "zh", "other")}
    assert told == {
        "en": {Action.LIMIT: 0.9, Action.REMOVE: 0.95},
        "zh": {Action.LIMIT: 0.7, Action.REMOVE: 0.95},
        "other": {},
    }
    assert rules.acting_scores("en")["hate"] == {}, "an action that the policy does not name"


def test_a_label_that_never_acts_in_a_language_still_stands() -> None:
    actions = {"spam": {"limit": 0.6}, "hate": {"limit": 0.6}}
    acts_from: dict[str, dict[str, float | None]] = {"spam": {"en": 0.9, "other": None}, "hate": {"en": 0.9, "zh": 0.8}}
    rules = PostRules(policy(actions=actions, thresholds={}), CALIBRATED, acts_from)

    ruling = rules.judge(scores(spam=1.0), "other")
    assert (ruling.labels, ruling.action, ruling.is_offence) == (("spam",), Action.ALLOW, False)
    # A language without a bar takes the strictest: never where any language never acts, else the highest.
    assert rules.judge(scores(spam=1.0), "zh").action is Action.ALLOW
    assert rules.judge(scores(hate=0.89), "other").action is Action.ALLOW
    assert rules.judge(scores(hate=0.9), "other").action is Action.LIMIT


def test_thresholds_come_from_the_policy_then_the_model_then_the_highest_of_it() -> None:
    rules = PostRules(policy(thresholds={"insult": {"en": 0.9}}), {"insult": {"en": 0.3, "zh": 0.4}})

    assert rules.judge(scores(insult=0.8), "en").labels == ()
    assert rules.judge(scores(insult=0.4), "zh").labels == ("insult",)
    assert rules.judge(scores(insult=0.35), "other").labels == ()
    assert rules.judge(scores(insult=0.4), "other").labels == ("insult",)
    assert rules.judge(scores(hate=0.5), "en").labels == ("hate",), "a label without any threshold takes 0.5"


def test_by_default_self_harm_is_reviewed_told_and_never_an_offence() -> None:
    ruling = PostRules(Policy.load(), CALIBRATED).judge(scores(self_harm=1.0), "zh")

    assert ruling.action is Action.REVIEW
    assert ruling.severity == "critical"
    assert not ruling.is_offence


def test_a_support_label_beside_an_offence_is_an_offence() -> None:
    assert PostRules(Policy.load(), CALIBRATED).judge(scores(self_harm=0.9, hate=0.99), "en").is_offence


@pytest.mark.parametrize(
    ("score", "severity"), [(0.79, None), (0.8, "high"), (0.9499, "high"), (0.95, "critical"), (1.0, "critical")]
)
def test_severe_posts(score: float, severity: str | None) -> None:
    assert PostRules(Policy.load(), CALIBRATED).judge(scores(threat=score), "en").severity == severity


def test_the_highest_severity_counts_and_every_reason_is_named() -> None:
    ruling = PostRules(Policy.load(), CALIBRATED).judge(scores(threat=0.99, hate=0.98), "en")

    assert ruling.severity == "critical"
    assert set(ruling.severe_reasons) == {"threat>=0.95", "hate>=0.97"}


@given(scores_strategy, st.sampled_from(LANGUAGES))
def test_a_higher_score_never_weakens_an_action(values: list[float], lang: str) -> None:
    rules = PostRules(Policy.load(), CALIBRATED)
    ruling = rules.judge(values, lang)
    for i in range(len(values)):
        raised = [*values[:i], min(1.0, values[i] + 0.1), *values[i + 1 :]]
        assert rules.judge(raised, lang).action >= ruling.action
    assert (ruling.action is Action.ALLOW) == (ruling.reasons == ())
    assert ruling == rules.judge(list(values), lang)
