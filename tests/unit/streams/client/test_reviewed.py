"""Reviews, joined with verdicts and posts of the topics, as a folder of training data."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from models.errors import TidegateError
from models.text import content_hash
from streams.client.reviewed import read_reviewed, write_reviewed
from streams.reviews.rows import Row
from tests.support.topics import topics_to_write


def row(number: int, split: str) -> Row:
    fields = {"id": f"t/0/{number}", "text": f"text {number}", "lang": "en", "source": "reviews", "spam": 1}
    return Row(split, fields, {"id": f"t/0/{number}", "split": split})


async def test_reviews_are_joined_with_the_posts_of_their_verdicts() -> None:
    async with topics_to_write() as (settings, say):
        await say("posts", {"id": "p0", "text": "first text"})
        await say("posts", {"id": "p1", "text": "second text"})
        await say("posts-backfill", {"id": "p2", "text": "an old text"})
        places = [("posts", 0), ("posts", 1), ("posts-backfill", 0), ("posts", 99)]
        for number, (kind, offset) in enumerate(places):
            source = {"topic": f"here.{kind}", "partition": 1, "offset": offset}
            await say("labels", {"id": f"v{number}", "lang": "en", "labels": ["spam"], "source": source}, 2)
            await say("reviews", {"verdict_id": f"v{number}", "post_id": "p", "action": "limit", "decision": "upheld"})
        await say("reviews", {"action": "none"})
        rows, left_out = await read_reviewed(settings)
    assert {one.fields["id"]: one.fields["text"] for one in rows} == {
        "here.posts/1/0": "first text", "here.posts/1/1": "second text", "here.posts-backfill/1/0": "an old text",
    }  # fmt: skip
    assert left_out == {"post is gone": 1, "unreadable": 1}


def test_the_folder_has_tables_provenance_and_what_is_held_out(tmp_path: Path) -> None:
    rows = [row(0, "train"), row(1, "dev"), row(2, "holdout"), row(3, "train")]
    counts = write_reviewed(rows, {"disputed": 2}, tmp_path / "reviews")

    folder = tmp_path / "reviews"
    assert counts == {"rows": {"train": 2, "dev": 1, "holdout": 1}, "left_out": {"disputed": 2}}
    assert orjson.loads((folder / "report.json").read_bytes()) == counts
    lines = (folder / "posts" / "train.jsonl").read_bytes().splitlines()
    assert [orjson.loads(line)["id"] for line in lines] == ["t/0/0", "t/0/3"]
    assert len((folder / "provenance.jsonl").read_bytes().splitlines()) == 4
    assert (folder / "blocked.txt").read_text() == f"{content_hash('text 2')}\n"
    assert list(tmp_path.glob("*.new")) == []


def test_without_a_row_to_train_on_it_says_why(tmp_path: Path) -> None:
    with pytest.raises(TidegateError, match="No review makes a row to train on: 3 disputed"):
        write_reviewed([row(0, "holdout")], {"disputed": 3}, tmp_path / "reviews")
    assert list(tmp_path.iterdir()) == []
