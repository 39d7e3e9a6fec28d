"""Reviews become training rows: known labels alone, none that people disagree on, a holdout that stays one."""

from __future__ import annotations

from typing import Any

from models.labels import POST_LABELS
from models.text import content_hash
from schemas import Review
from streams.history import Place
from streams.reviews.rows import ReviewRows, Row, by_split


def place(number: int) -> Place:
    return ("moderation.posts", 1, number)


class Topics:
    """Verdicts v0, v1 ... on the posts at offsets 0, 1 ..."""

    def __init__(self) -> None:
        self.found = ReviewRows()
        self.texts: dict[Place, str] = {}

    def review(self, verdict: str, action: str, **more: Any) -> None:
        fields = {"verdict_id": verdict, "post_id": "p", "action": action} | more
        self.found.reviews.add(Review.model_validate(fields))

    def judge(self, number: int, *labels: str, text: str | None = "", at: int | None = None) -> None:
        where = place(number if at is None else at)
        self.found.add_verdict({"id": f"v{number}", "lang": "en", "labels": list(labels)}, where)
        if text is not None:
            self.texts[where] = text or f"text number {number}"

    def rows(self) -> list[Row]:
        return self.found.rows(self.texts)

    @property
    def labels(self) -> list[dict[str, int]]:
        return [{label: row.fields[label] for label in POST_LABELS if label in row.fields} for row in self.rows()]

    @property
    def left_out(self) -> dict[str, int]:
        self.rows()
        return dict(self.found.left_out)


def all_but(*positive: str) -> dict[str, int]:
    return {label: int(label in positive) for label in POST_LABELS}


def test_who_names_labels_or_upholds_speaks_of_all_and_who_allows_of_those_that_were_given() -> None:
    topics = Topics()
    topics.review("v0", "remove", labels=["hate", "our-own"])
    topics.review("v1", "limit", decision="upheld")
    topics.review("v2", "allow")
    topics.review("v3", "allow", labels=[])
    for number in range(4):
        topics.judge(number, "spam", "insult")
    assert topics.labels == [all_but("hate"), all_but("spam", "insult"), {"insult": 0, "spam": 0}, all_but()]


def test_what_says_nothing_of_labels_makes_no_row() -> None:
    topics = Topics()
    topics.review("v0", "remove", decision="overturned")
    topics.review("v1", "allow")
    topics.review("v2", "limit", decision="unsure", labels=["hate"])
    topics.judge(0, "spam")
    topics.judge(1)
    topics.judge(2, "spam")
    assert topics.labels == []
    assert topics.left_out == {"says nothing of labels": 2, "unsure": 1}


def test_a_dispute_is_left_out_and_counted() -> None:
    topics = Topics()
    topics.review("v0", "remove", labels=["hate"], reviewer="ann")
    topics.review("v0", "remove", labels=["insult"], reviewer="bob")
    topics.review("v1", "limit", decision="upheld", reviewer="ann")
    topics.review("v1", "allow", decision="overturned", reviewer="bob")
    topics.review("v2", "limit", labels=["spam"], reviewer="ann")
    topics.review("v2", "remove", labels=["spam"], reviewer="bob")
    for number in range(3):
        topics.judge(number, "spam")
    assert topics.labels == [all_but("spam")], "how much is to be done about it is no label"
    assert topics.left_out == {"disputed": 2}


def test_who_would_allow_what_another_would_not_disputes_it_without_a_word_on_labels() -> None:
    topics = Topics()
    topics.review("v0", "remove", decision="overturned", reviewer="ann")
    topics.review("v0", "allow", reviewer="bob")
    topics.judge(0, "spam")
    assert topics.labels == []
    assert topics.left_out == {"disputed": 1}


def test_who_thinks_again_or_is_superseded_disputes_nothing() -> None:
    topics = Topics()
    topics.review("v0", "allow", id="a", reviewer="ann", labels=[])
    topics.review("v0", "limit", id="b", reviewer="ann", labels=["spam"])
    topics.review("v1", "allow", id="c", reviewer="ann", labels=[])
    topics.review("v1", "limit", id="d", reviewer="bob", labels=["spam"], supersedes="c")
    topics.judge(0)
    topics.judge(1)
    assert topics.labels == [all_but("spam"), all_but("spam")]


def test_the_same_text_under_two_verdicts_is_one_row_and_may_be_disputed() -> None:
    """Another policy, or a copy: the verdict is another, and the text the same."""
    topics = Topics()
    topics.review("v0", "limit", labels=["spam"], reviewer="ann")
    topics.review("v1", "limit", labels=["spam"], reviewer="bob")
    topics.judge(0, text="Buy my watch")
    topics.judge(1, text="buy my  WATCH")
    assert topics.labels == [all_but("spam")]
    topics.review("v1", "allow", labels=[], reviewer="eve")
    assert topics.left_out == {"disputed": 1}


def test_a_verdict_or_post_that_is_gone_is_counted_and_any_place_of_the_text_will_do() -> None:
    topics = Topics()
    for verdict in ("v0", "v1", "v2"):
        topics.review(verdict, "limit", decision="upheld")
    topics.judge(1, text=None)
    topics.judge(2, text=None)
    topics.judge(2, at=77, text="still there")
    (row,) = topics.rows()
    assert row.fields["id"] == "moderation.posts/1/77"
    assert topics.left_out == {"verdict is gone": 1, "post is gone": 1}
    assert topics.found.places() == {place(1), place(2), place(77)}


def test_a_row_says_where_it_comes_from() -> None:
    topics = Topics()
    topics.review("v0", "remove", id="r1", reviewer="ann", labels=["spam"], source="api")
    topics.review("v0", "remove", id="r2", reviewer="bob", decision="overturned", policy_label="fraud-2",
                  reason="scam", labels=["spam"], source="appeal", note="do not tell")  # fmt: skip
    topics.judge(0)
    (row,) = topics.rows()
    assert (row.fields["source"], row.fields["lang"]) == ("reviews_appeal", "en")
    assert row.provenance == {
        "id": "moderation.posts/1/0", "split": row.split, "topic": "moderation.posts", "partition": 1, "offset": 0,
        "verdict_id": "v0", "post_id": "p", "action": "remove", "decision": "overturned", "policy_label": "fraud-2",
        "reason": "scam", "source": "appeal", "sampled": False, "reviews": ["r1", "r2"],
    }  # fmt: skip


def test_the_holdout_goes_by_the_text_and_stays_when_more_reviews_come() -> None:
    topics = Topics()
    for number in range(200):
        topics.review(f"v{number}", "limit", decision="upheld")
        topics.judge(number)
    few = {row.fields["text"]: row.split for row in topics.rows()}
    for number in range(399, 199, -1):
        topics.review(f"v{number}", "limit", decision="upheld")
        topics.judge(number)
    all_of_them = by_split(topics.rows())
    assert {split: len(rows) for split, rows in all_of_them.items()}.keys() == {"train", "dev", "holdout"}
    assert all(20 <= len(all_of_them[split]) <= 64 for split in ("dev", "holdout"))
    again = {row.fields["text"]: split for split, rows in all_of_them.items() for row in rows}
    assert few.items() <= again.items()
    assert len({content_hash(text) for text in again}) == 400


def test_what_is_no_verdict_is_passed_over() -> None:
    topics = Topics()
    topics.review("v0", "limit", decision="upheld")
    for verdict in ({}, {"id": ["v0"]}, {"id": "v0"}, {"id": "v0", "lang": "en", "labels": None}):
        topics.found.add_verdict(verdict, place(0))
    topics.found.add_verdict({"id": "v0", "lang": "en", "labels": []}, None)
    assert topics.found.places() == set()
