"""Bytes to a post, and scores to the answer that goes out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson


@dataclass(frozen=True, slots=True)
class Post:
    id: str
    text: str


def decode(value: bytes | None) -> Post:
    """Raises ValueError for what is no post."""
    body = orjson.loads(value or b"")
    if not isinstance(body, dict):
        raise ValueError("not an object")
    number, text = body.get("id"), body.get("text")
    if not isinstance(number, str) or not isinstance(text, str) or not text:
        raise ValueError("a post has an id and a text")
    return Post(number, text)


def split(values: Sequence[bytes | None]) -> tuple[list[Post | None], list[int]]:
    """The posts, None for what is none, and the places of the latter."""
    posts: list[Post | None] = []
    bad: list[int] = []
    for place, value in enumerate(values):
        try:
            posts.append(decode(value))
        except ValueError:
            posts.append(None)
            bad.append(place)
    return posts, bad


def encode(post: Post, labels: Sequence[str], scores: Sequence[float]) -> bytes:
    named = {label: round(score, 4) for label, score in zip(labels, scores, strict=True)}
    return orjson.dumps({"post_id": post.id, "scores": named, "flagged": max(scores) > 0.5})


def labels_of(artifact: Path) -> list[str]:
    manifest = json.loads((artifact / "manifest.json").read_text("utf-8"))
    return list(manifest["heads"]["post"]["labels"])
