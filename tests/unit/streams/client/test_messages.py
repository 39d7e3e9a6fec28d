"""Reviews as messages; records and what is read back are in test_client.py."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from schemas import Review
from schemas.examples import REVIEW
from streams.client.messages import review_message
from streams.errors import InvalidRecordError
from streams.reviews.standing import review_in


def test_a_review_is_checked_and_keyed_by_its_post() -> None:
    message = review_message({"verdict_id": "v", "post_id": 7, "action": "allow", "labels": [], "unknown": 1})
    assert (message.kind, message.key) == ("reviews", b"7")
    assert orjson.loads(message.value or b"") == {
        "schema_version": 1, "verdict_id": "v", "post_id": "7", "action": "allow", "labels": [], "sampled": False,
    }  # fmt: skip
    given = Review.model_validate(REVIEW)
    assert review_in(review_message(given).value) == review_in(review_message(REVIEW).value) == given


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"post_id": None}, "post_id: "),
        ({"action": "ban my secret"}, "action: "),
        ({"spans": [{"start": 4, "end": 4}]}, "a span ends behind its start"),
        ({"id": "r", "supersedes": "r"}, "cannot supersede itself"),
    ],
)
def test_a_review_that_does_not_fit_is_refused_before_it_is_sent(fields: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidRecordError, match=f"Not a valid Review: .*{fault}") as refused:
        review_message({"verdict_id": "v", "post_id": "p", "action": "allow", **fields})
    assert "secret" not in str(refused.value)
