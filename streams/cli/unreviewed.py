"""`tidegate reviews sample` and `queue`: verdicts that wait for a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from streams.cli.moments import ALWAYS, Span
from streams.cli.options import expanded
from streams.cli.reviews import Reviewed, values_of
from streams.cli.terminal import reporting, run

if TYPE_CHECKING:
    from streams.client.posts import PostPlaces
    from streams.settings import Settings

ACTIONS: Final = ("limit", "review", "remove")
_AT_ONCE: Final = 200
"""Verdicts whose posts are looked up together."""
_CONTEXT: Final = ("text", "author", "thread", "kind")

Line = tuple[bytes, Mapping[str, Any]]
"""A verdict as it came, and what it says."""


@expanded
def sample(*, reviewed: Reviewed) -> None:
    """Print the verdicts on allowed posts that were drawn at random and that nobody reviewed yet, one a line."""
    with reporting():
        run(_print_sample(reviewed, reviewed.times()))


@expanded
def queue(
    action: Annotated[
        list[str] | None, typer.Option(help="review, limit or remove; may be repeated.", show_default="review")
    ] = None,
    with_posts: Annotated[
        bool, typer.Option("--with-posts", help="Put text, author, thread and kind into the line, from their topic.")
    ] = False,
    *,
    reviewed: Reviewed,
) -> None:
    """Print the verdicts that ask for an action and that nobody reviewed yet, one a line, in the order of the topic."""
    actions = action or ["review"]
    if wrong := next((one for one in actions if one not in ACTIONS), None):
        raise typer.BadParameter(f"{wrong} is not one of {', '.join(ACTIONS)}", param_hint="--action")
    if with_posts and reviewed.verdicts is not None:
        raise typer.BadParameter("posts are looked up for verdicts of the topic alone", param_hint="--with-posts")
    with reporting():
        run(_print_queue(reviewed, reviewed.times(), actions, with_posts))


async def _print_sample(reviewed: Reviewed, times: Span) -> None:
    settings = reviewed.settings()
    async for value, _ in _unreviewed(
        settings, reviewed, "labels", times, lambda verdict: verdict.get("sampled") is True
    ):
        typer.echo(value)


async def _print_queue(reviewed: Reviewed, times: Span, actions: list[str], with_posts: bool) -> None:
    settings = reviewed.settings()
    found = _unreviewed(settings, reviewed, "flags", times, lambda verdict: verdict.get("action") in actions)
    if not with_posts:
        async for value, _ in found:
            typer.echo(value)
        return
    from streams.client.posts import open_posts

    async with open_posts(settings) as posts:
        waiting: list[Line] = []
        async for line in found:
            waiting.append(line)
            if len(waiting) == _AT_ONCE:
                await _print_with_posts(posts, waiting, settings.max_record_bytes)
                waiting = []
        await _print_with_posts(posts, waiting, settings.max_record_bytes)


async def _print_with_posts(posts: PostPlaces, lines: list[Line], max_bytes: int) -> None:
    """A post that its topic does not hold any more adds nothing to its line."""
    import orjson

    from streams.client.posts import place_of, read_post

    places = [place_of(verdict) for _, verdict in lines]
    messages = await posts.messages(place for place in places if place is not None)
    for (_, verdict), place in zip(lines, places, strict=True):
        message = None if place is None else messages.get(place)
        post = None if message is None else read_post(message, max_bytes)
        said = {} if post is None else post[1].model_dump(mode="json", include=set(_CONTEXT), exclude_none=True)
        typer.echo(orjson.dumps({**verdict, **said}))


async def _unreviewed(
    settings: Settings, reviewed: Reviewed, kind: str, times: Span, is_wanted: Callable[[Mapping[str, Any]], bool]
) -> AsyncIterator[Line]:
    """Each verdict once. Reviews of all times count: one may have been made before the verdict came again."""
    from schemas import InvalidRecord, Review
    from streams.client.posts import verdict_in
    from streams.reviews.standing import MAX_REVIEW_BYTES

    known = set()
    async for value in values_of(settings, "reviews", reviewed.file, ALWAYS):
        try:
            known.add(Review.decode(value, MAX_REVIEW_BYTES).verdict_id)
        except InvalidRecord as error:
            typer.echo(f"tidegate: a review cannot be read: {error.detail}", err=True)
    async for value in values_of(settings, kind, reviewed.verdicts, times):
        verdict = verdict_in(value)
        if is_wanted(verdict) and (identity := verdict.get("id")) is not None and identity not in known:
            known.add(identity)
            yield (value or b"").rstrip(), verdict
