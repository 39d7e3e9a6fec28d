"""Reviews, joined with the posts that they are about, as a folder of training data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

from models.errors import TidegateError
from models.text import content_hash
from streams.client.between import read_between
from streams.client.posts import open_posts, place_of, read_post, verdict_in
from streams.reviews.rows import ReviewRows, Row, by_split
from streams.reviews.standing import Reviews, review_in
from streams.settings import Settings


async def read_reviewed(settings: Settings) -> tuple[list[Row], Mapping[str, int]]:
    """Rows from the topics of reviews, verdicts and posts, and what makes none, counted by the reason.

    Raises:
        ClientError: the broker or a topic cannot be reached.
    """
    found = ReviewRows()
    found.reviews, unreadable = await read_reviews(settings)
    async for messages in read_between(settings, "labels"):
        for message in messages:
            verdict = verdict_in(message.value)
            found.add_verdict(verdict, place_of(verdict))
    async with open_posts(settings) as posts:
        read = await posts.messages(found.places())
    known = {place: read_post(message, settings.max_record_bytes) for place, message in read.items()}
    rows = found.rows({place: post[1].text for place, post in known.items() if post is not None and post[1].text})
    return rows, {**found.left_out, **({"unreadable": unreadable} if unreadable else {})}


async def read_reviews(settings: Settings) -> tuple[Reviews, int]:
    """All that lie in the topic, and how many messages there are none. Raises as `read_reviewed`."""
    found, unreadable = Reviews(), 0
    async for messages in read_between(settings, "reviews"):
        for message in messages:
            if (review := review_in(message.value)) is None:
                unreadable += 1
            else:
                found.add(review)
    return found, unreadable


def write_reviewed(rows: Iterable[Row], left_out: Mapping[str, int], folder: Path) -> dict[str, Any]:
    """Writes tables of posts (`train`, `dev`, and `holdout`, which no training reads), the provenance of each row, the
    hashes of the texts that are held out, and counts, which it returns. The folder appears whole or not at all.

    Raises:
        TidegateError: there is no row to train on.
        OSError: it cannot be written.
    """
    splits = by_split(rows)
    counts = {"rows": {name: len(some) for name, some in splits.items()}, "left_out": dict(left_out)}
    if not splits["train"]:
        reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items()) or "there is none"
        raise TidegateError(f"No review makes a row to train on: {reasons}.")
    staging = folder.with_name(f"{folder.name}.new")
    (staging / "posts").mkdir(parents=True, exist_ok=True)
    for name, some in splits.items():
        _write_lines(staging / "posts" / f"{name}.jsonl", (row.fields for row in some))
    _write_lines(staging / "provenance.jsonl", (row.provenance for some in splits.values() for row in some))
    hashes = sorted(content_hash(row.fields["text"]) for row in splits["holdout"])
    (staging / "blocked.txt").write_text("".join(f"{one}\n" for one in hashes), "ascii")
    (staging / "report.json").write_bytes(orjson.dumps(counts, option=orjson.OPT_INDENT_2))
    staging.rename(folder)
    return counts


def _write_lines(path: Path, documents: Iterable[Mapping[str, Any]]) -> None:
    path.write_bytes(b"".join(orjson.dumps(document) + b"\n" for document in documents))
