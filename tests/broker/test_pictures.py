"""Posts with pictures, inline and in a store, beside posts of text: each gets its answer, and no text waits."""

from __future__ import annotations

import base64
from functools import cache
from hashlib import sha256
from typing import Any

import pytest
from PIL import Image

from tests.support.bench import Bench
from tests.support.drawn import as_file, meme, scene
from tests.support.records import post, posts
from tests.support.traffic import Draft

pytestmark = pytest.mark.timeout(180)


@cache
def _abuse() -> bytes:
    return as_file(meme(["YOU ARE AN", "IDIOT"]), quality=85)


def _inline(data: bytes) -> dict[str, Any]:
    return {"data": base64.b64encode(data).decode()}


def _draft(bench: Bench, number: str, text: str, *images: dict[str, Any]) -> Draft:
    return Draft(bench.topic("posts"), post(number, text, images=images))


async def _start(bench: Bench, partitions: int = 1) -> None:
    store = bench.folder / "pictures"
    store.mkdir()
    (store / "abuse.jpg").write_bytes(_abuse())
    (store / "bomb.png").write_bytes(as_file(Image.new("1", (13_000, 13_000)), "PNG"))
    await bench.create_topics(partitions)
    await bench.start_worker(images="on", image_store=store)


async def test_pictures_are_read_wherever_they_lie(bench: Bench) -> None:
    await _start(bench)
    stored = {"ref": "abuse.jpg", "sha256": sha256(_abuse()).hexdigest(), "size": len(_abuse())}
    drafts = [
        _draft(bench, "inline", "a fine day", _inline(_abuse())),
        _draft(bench, "stored", "a fine day", stored),
        _draft(bench, "no-text", "", stored),
        _draft(bench, "harmless", "a fine day", _inline(as_file(scene()))),
    ]

    places = await bench.send([*drafts, *posts(bench.topic("posts"), 50)])

    answers = await bench.answers(places)
    answers.assert_exactly_once()
    *read, harmless = (answers[place].body for place in places[:4])
    assert [verdict["warnings"] for verdict in read] == [[], [], []]
    assert all("insult" in verdict["labels"] and verdict["pictures"][0]["words"] for verdict in read)
    assert (harmless["labels"], harmless["pictures"][0]["looked_at"]) == ([], True)


async def test_texts_are_answered_while_pictures_are_looked_at(bench: Bench) -> None:
    """Those of other keys, in the same partition; offsets are committed up to the first picture alone."""
    await _start(bench)
    pictures = [as_file(meme([f"PICTURE {number}", "OF A FINE DAY"]), quality=85) for number in range(12)]
    drafts = [_draft(bench, f"m{number}", "", _inline(data)) for number, data in enumerate(pictures)]
    texts = posts(bench.topic("posts"), 200)

    places = await bench.send([*drafts, *texts])

    wanted = set(places[12:])
    so_far = await bench.read(until=lambda outputs: wanted <= {each.source for each in outputs})
    assert not set(places) <= {each.source for each in so_far}
    (await bench.answers(places)).assert_exactly_once()


async def test_a_worker_that_is_killed_while_texts_are_ahead_loses_nothing_and_repeats_them_alone(bench: Bench) -> None:
    await _start(bench)
    pictures = [as_file(meme([f"PICTURE {number}", "OF A FINE DAY"]), quality=85) for number in range(12)]
    drafts = [_draft(bench, f"m{number}", "", _inline(data)) for number, data in enumerate(pictures)]
    places = await bench.send([*drafts, *posts(bench.topic("posts"), 200)])
    texts = set(places[12:])
    await bench.read(until=lambda outputs: texts <= {each.source for each in outputs})

    (worker,) = bench.workers
    done = (await bench.committed()).get((bench.topic("posts"), 0), 0)
    worker.kill()
    assert done < len(drafts), "the pictures were too fast"
    await bench.start_worker(images="on", image_store=bench.folder / "pictures")
    await bench.wait_committed(places, within_s=60)

    answers = await bench.all_answers(places)
    answers.assert_at_least_once()
    assert {place for place in answers.repeated if place[2] < done} == set()
    for author in {each.key for each in answers.outputs}:
        first = dict.fromkeys(each.source[2] for each in answers.outputs if each.key == author)
        assert list(first) == sorted(first)


async def test_a_hostile_picture_costs_nothing_else(bench: Bench) -> None:
    await _start(bench)
    faults: dict[str, dict[str, Any]] = {
        "too many pixels": {"ref": "bomb.png"},
        "damaged": _inline(_abuse()[: len(_abuse()) // 2]),
        "no known format": _inline(b"<svg/>" * 100),
        "not found": {"ref": "nothing.jpg"},
        "outside of the store": {"ref": "../data/secret.jpg"},
        "not the file of its hash": {"ref": "abuse.jpg", "sha256": "0" * 64},
    }
    judged = [_draft(bench, reason, "you are an idiot", fault, _inline(_abuse())) for reason, fault in faults.items()]
    unreadable = [_draft(bench, f"only {reason}", "", fault) for reason, fault in faults.items()]

    places = await bench.send([*judged, *unreadable, *posts(bench.topic("posts"), 50)])

    answers = await bench.answers(places)
    answers.assert_exactly_once()
    for reason, place in zip(faults, places, strict=False):
        verdict = answers[place].body
        assert (verdict["labels"], verdict["warnings"]) == (
            ["toxicity", "insult"],
            [f"images.0: not looked at ({reason})"],
        )
        assert [seen["looked_at"] for seen in verdict["pictures"]] == [False, True]
    letters = [answers[place] for place in places[len(judged) : len(judged) + len(unreadable)]]
    assert {(each.kind, each.header("reason")) for each in letters} == {("dead-letters", "unreadable_pictures")}
