"""Allowed posts that are drawn for a review: by chance, always the same ones, and no others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streams.tasks.base import Origin
from streams.tasks.posts.sample import is_drawn
from streams.tasks.posts.task import PostsTask
from tests.unit.streams.tasks.building import decide, parts, post_scores

POST = {"id": "p", "text": "a plain text"}


def test_the_share_is_kept_and_a_record_that_comes_again_is_drawn_again() -> None:
    places = [Origin("moderation.posts", number % 7, number) for number in range(20_000)]
    drawn = {place for place in places if is_drawn(place, 0.05)}
    assert len(drawn) == pytest.approx(1000, abs=150)
    assert drawn == {place for place in places if is_drawn(place, 0.05)}
    assert drawn < {place for place in places if is_drawn(place, 0.2)}, "a larger share has the smaller in it"


@pytest.mark.parametrize(("share", "is_in"), [(0.0, False), (1.0, True)])
def test_none_and_all(share: float, is_in: bool) -> None:
    assert is_drawn(Origin("t", 0, 4), share) is is_in
    assert not is_drawn(None, share)


def test_a_verdict_says_so_where_it_allows_and_nowhere_else() -> None:
    task = PostsTask.build(replace(parts(), review_share=1.0))
    allowed, _ = decide(task, POST, post_scores())
    acted_on, _ = decide(task, POST, post_scores(toxicity=0.99, insult=0.99))
    elsewhere, _ = decide(task, POST, post_scores(), origin=None)
    assert (allowed["action"], allowed["sampled"]) == ("allow", True)
    assert (acted_on["action"] != "allow", acted_on["sampled"]) == (True, False)
    assert elsewhere["sampled"] is False


def test_what_is_judged_once_more_is_not_drawn() -> None:
    task = PostsTask.build(replace(parts(), review_share=1.0))
    assert decide(task, POST, post_scores(), is_live=False)[0]["sampled"] is False
