"""Verdicts that wait for a person: what `tidegate reviews queue` prints."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from schemas.examples import POST_VERDICT, REVIEW
from streams.cli.app import build_app
from tests.support.topics import topics_to_write


def queue(*arguments: object) -> Result:
    return CliRunner().invoke(build_app(), ["reviews", "queue", *map(str, arguments)])


def ids(result: Result) -> list[str]:
    return [json.loads(line)["id"] for line in result.stdout.splitlines()]


ACTIONS = ("review", "limit", "remove", "review")


@pytest.fixture
def files(tmp_path: Path) -> tuple[object, ...]:
    flagged = [(POST_VERDICT | {"id": name, "action": action}) for name, action in zip("abcd", ACTIONS, strict=True)]
    for name, messages in (("verdicts", [*flagged, flagged[0], []]), ("reviews", [REVIEW | {"verdict_id": "d"}])):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, messages)), "utf-8")
    return "--file", tmp_path / "reviews.jsonl", "--verdicts", tmp_path / "verdicts.jsonl"


def test_what_a_person_shall_decide_and_nobody_did_is_printed_once(files: tuple[object, ...]) -> None:
    assert ids(queue(*files)) == ["a"]
    assert ids(queue(*files, "--action", "limit", "--action", "remove")) == ["b", "c"]


def test_an_action_that_is_none_and_posts_of_a_file_are_wrong_usage(files: tuple[object, ...]) -> None:
    assert "allow is not one of limit, review, remove" in queue(*files, "--action", "allow").stderr
    assert queue(*files, "--with-posts").exit_code == 2


async def test_lines_carry_what_was_written_as_long_as_the_topic_holds_it() -> None:
    async with topics_to_write() as (settings, say):
        await say("posts", {"id": "p0", "text": "a bad text", "author": "ann", "kind": "comment"})
        for name, offset in (("there", 0), ("gone", 99)):
            source = {"topic": "here.posts", "partition": 1, "offset": offset}
            await say("flags", POST_VERDICT | {"id": name, "action": "review", "source": source})
        where = ("--brokers", settings.brokers, "--prefix", "here")
        result = await asyncio.to_thread(queue, "--with-posts", *where)
        plain = await asyncio.to_thread(queue, *where)
    there, gone = map(json.loads, result.stdout.splitlines())
    assert (there["text"], there["author"], there["kind"]) == ("a bad text", "ann", "comment")
    assert (gone["id"], "text" in gone) == ("gone", False)
    assert "a bad text" not in plain.stdout
