"""Posts: labels, spans, an action, and alerts about posts, authors and waves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from models.serving.question import ABOUT_POSTS
from schemas import Post, PostVerdict, Sighting, Strike
from schemas.channels import Channel
from schemas.examples import POST, POST_VERDICT, SIGHTING, STRIKE
from schemas.verdicts import Action
from streams.tasks.declaration import Declaration

if TYPE_CHECKING:
    from streams.tasks.base import Parts, Task


def _build(parts: Parts) -> Task[Any]:
    from streams.tasks.posts.task import PostsTask

    return PostsTask.build(parts)


POSTS: Final = Declaration(
    input=Channel(
        "posts", Post, "receive", "The author, so that an author's posts stay in order.", "Posts to judge.", POST
    ),
    key_field="author",
    outputs=(
        Channel("labels", PostVerdict, "send", "The post's key.", "A verdict for every post.", POST_VERDICT),
        Channel(
            "flags",
            PostVerdict,
            "send",
            "The post's key.",
            "The same verdicts, where the action is not allow.",
            POST_VERDICT,
        ),
    ),
    question=ABOUT_POSTS,
    reads_pictures=True,
    actions=get_args(Action),
    build=_build,
    changelog=Channel(
        "authors",
        Strike,
        None,
        "Input partition, author and verdict.",
        "What workers remember of authors, by keyed hashes. Used where the setting `author_state` is `topic`.",
        STRIKE,
        {"cleanup.policy": ["compact"], "segment.bytes": 50 * 1024 * 1024},
    ),
    sightings=Channel(
        "waves",
        Sighting,
        None,
        "What near-equal texts have in common; one for all pictures, one for all new accounts.",
        "What of posts may be one of many, by keyed hashes. Used where the setting `shared_waves` is on.",
        SIGHTING,
        {"retention.ms": 24 * 3600 * 1000, "segment.ms": 3600 * 1000},
    ),
)
