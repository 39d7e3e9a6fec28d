"""Small changes to training rows that keep or turn round what the row says."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest

from models.augmentation.contrast import contrast_pairs, identity_swap, negate, quote, swap_target
from models.augmentation.identities import GROUPS, article
from models.augmentation.swapping import swap_table
from models.augmentation.written import read_written
from models.examples import Example, Intervals
from models.labels import LANGUAGES, POST_LABELS

SEEDS = range(40)


def make_example(text: str, lang: str = "en", spans: Intervals | None = None, **labels: int) -> Example:
    post = np.array([labels.get(label, np.nan) for label in POST_LABELS], dtype=np.float32)
    return Example(text, lang, "handwritten", "A", "post", post=post, spans=spans, family="made-up")


def make_hateful(text: str, lang: str = "en", **labels: int) -> Example:
    return make_example(text, lang, None, toxicity=1, hate=1, threat=1, **labels)


def labels_of(example: Example) -> dict[str, float]:
    return {k: float(v) for k, v in zip(POST_LABELS, example.post, strict=True) if not np.isnan(v)}


def texts(change: Callable[[Example, random.Random], Example | None], row: Example) -> set[str]:
    return {new.text for seed in SEEDS if (new := change(row, random.Random(seed))) is not None}


def test_a_swap_keeps_the_labels_and_the_rest_of_the_text() -> None:
    row = make_hateful("They say Muslims are late, Muslims!")
    for seed in SEEDS:
        new = identity_swap(row, random.Random(seed))
        assert new is not None
        head, group, tail = new.text[:9], *new.text[9:-1].split(" are late, ")
        assert (head, group) == ("They say ", tail)
        assert group != "Muslims"
        assert labels_of(new) == labels_of(row)


def test_a_swap_keeps_article_and_case() -> None:
    found = texts(identity_swap, make_example("A Muslim is here and an Indian nurse"))
    assert all(text.startswith(("A ", "An ")) and text[0].isupper() for text in found)
    assert any(" an " not in text for text in found)
    assert "An Indian is here and an Indian nurse" not in found
    lower = texts(identity_swap, make_example("what muslims eat"))
    assert lower
    assert all(text.islower() for text in lower)


@pytest.mark.parametrize(
    "text",
    [
        "black coffee, white walls",
        "five tent poles",
        "an illegal immigrant",
        "that is so gay",
        "anti-Muslim",
        "women and men",
    ],
)
def test_what_is_no_group_or_cannot_stand_alone_is_left(text: str) -> None:
    assert not texts(identity_swap, make_example(text))


@pytest.mark.parametrize("text", ["外地人口普查", "黑人问号脸"])
def test_chinese_words_that_go_on_are_left(text: str) -> None:
    assert not texts(identity_swap, make_example(text, "zh"))


def test_spans_move_along_or_the_row_is_left() -> None:
    text = "awful Jews, awful day"
    for seed in SEEDS:
        new = identity_swap(make_example(text, spans=((0, 5), (12, 17))), random.Random(seed))
        assert new is not None
        assert new.spans is not None
        assert [new.text[a:b] for a, b in new.spans] == ["awful", "awful"]
    assert identity_swap(make_example(text, spans=((0, 8),)), random.Random(0)) is None


@pytest.mark.parametrize(("lang", "text"), [("en", "Jews are late"), ("zh", "河南人迟到了")])
def test_quotations_take_the_hate_away_unless_they_agree(lang: str, text: str) -> None:
    row = make_hateful(text, lang, profanity=1, spam=0)
    made = [new for seed in SEEDS if (new := quote(row, random.Random(seed))) is not None]
    assert all(text in new.text and new.text != text for new in made)
    reported = [new for new in made if labels_of(new)["hate"] == 0]
    agreed = [new for new in made if labels_of(new)["hate"] == 1]
    assert 0 < len(agreed) < len(reported)
    assert all(labels_of(new) == labels_of(row) for new in agreed)
    for new in reported:
        labels = labels_of(new)
        assert labels["threat"] == 0
        assert labels.get("toxicity", 0) == 0
        assert (labels["profanity"], labels["spam"]) == (1, 0)
    assert labels_of(row)["hate"] == 1, "the row itself is as it was"


def test_a_quotation_is_not_quoted_again() -> None:
    assert quote(make_hateful('He wrote "Jews out"'), random.Random(0)) is None


@pytest.mark.parametrize(
    ("lang", "text", "group"), [("en", "I really hate lesbians!", "lesbians"), ("zh", "我讨厌河南人。", "河南人")]
)
def test_a_thing_may_be_hated(lang: str, text: str, group: str) -> None:
    new = swap_target(make_hateful(text, lang), random.Random(0))
    assert new is not None
    assert group not in new.text
    assert labels_of(new)["hate"] == 0


def test_roles_take_the_place_of_groups_in_rows_written_by_hand_only() -> None:
    row = make_hateful("Look at those Jews over there, filthy.")
    new = swap_target(row, random.Random(0))
    assert new is not None
    assert "Jews" not in new.text
    assert "hate" in labels_of(new)
    assert labels_of(new)["hate"] == 0
    row.source = "open"
    assert swap_target(row, random.Random(0)) is None


@pytest.mark.parametrize(
    ("lang", "text", "negated"),
    [
        ("en", "Muslims are liars.", "Muslims are not liars."),
        ("en", "refugees should be deported", "refugees should not be deported"),
        ("zh", "河南人都是骗子", "河南人不是骗子"),
    ],
)
def test_a_bare_claim_is_turned_round_by_not(lang: str, text: str, negated: str) -> None:
    new = negate(make_hateful(text, lang), random.Random(0))
    assert new is not None
    assert new.text == negated
    assert labels_of(new) == {"toxicity": 0, "insult": 0, "hate": 0, "threat": 0}


@pytest.mark.parametrize(
    "text", ["Jews are not human", "Jews are liars and worse", "Jews are only good at lying", "you are liars"]
)
def test_more_than_a_bare_claim_is_not_negated(text: str) -> None:
    assert negate(make_hateful(text), random.Random(0)) is None


def test_pairs_do_not_depend_on_the_other_rows_and_name_their_source() -> None:
    rows = read_written()[::5]
    made = contrast_pairs(rows, 0.5, seed=3)
    assert 0 < len(made) < 0.6 * len(rows)
    texts_made = [new.text for new in made]
    assert [new.text for new in contrast_pairs(rows, 0.5, seed=3)] == texts_made
    assert [new.text for new in contrast_pairs(rows, 0.5, seed=4)] != texts_made
    assert {new.text for new in contrast_pairs(rows[:50], 0.5, seed=3)} <= set(texts_made)
    assert {new.source for new in made} == {"contrast"}
    assert {new.tier for new in made} == {"A"}
    assert {new.family for new in made} <= {row.family for row in rows}
    assert not set(texts_made) & {row.text for row in rows}
    assert contrast_pairs(rows, 0.0, seed=3) == []


def test_long_rows_and_other_tasks_give_nothing() -> None:
    long = make_hateful("Jews are late " * 9)
    other = make_hateful("Jews are late")
    other.task = "sentiment"
    assert contrast_pairs([long, other], 1.0, seed=0) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nobody_changes_places_with_themselves(lang: str) -> None:
    assert not [term for term, others in swap_table(lang).items() if term in others or not others]


def test_articles_fit_the_groups() -> None:
    words = {group.singular: article(group.singular) for group in GROUPS["en"]}
    assert (words["Indian"], words["immigrant"], words["Ukrainian"], words["Muslim"]) == ("an", "an", "a", "a")
