"""A model on trial: who takes part, what is compared, and what a report makes of it."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas import Comparison, Control, Review
from schemas.examples import COMPARISON
from streams.control import shadow as module
from streams.control.share import is_in_share
from streams.control.trial_report import POSITIONS, TrialReport
from tests.unit.streams.control.test_follower import Start, Worker, eventually, model, policy, start
from tests.unit.streams.worker.test_service import POSTS, Message, post

__all__ = ["start"]  # the fixture


def trial(tiny_artifact: Path, folder: Path, share: float = 1.0, **changes: Any) -> Control:
    entry = model(tiny_artifact, folder, **changes)
    return entry.model_copy(update={"name": "candidate", "share": share})


def compared(worker: Worker) -> list[Comparison]:
    return [
        Comparison.model_validate_json(each.value or b"")
        for each in worker.sink.published
        if each.kind == "comparisons"
    ]


async def judge(worker: Worker, *texts: str, key: bytes | None = b"author") -> None:
    for text in texts:
        await worker.service.take_in(POSTS, [Message(worker.offset, post(text), key=key)])
        worker.offset += 1
    await worker.service.drain()


def test_an_author_takes_part_always_or_never_and_the_share_is_kept() -> None:
    authors = [f"author-{number}".encode() for number in range(2000)]
    some = {author for author in authors if is_in_share(author, 0.1)}
    more = {author for author in authors if is_in_share(author, 0.3)}
    assert 140 < len(some) < 260
    assert some < more
    assert all(is_in_share(author, 1.0) for author in authors)
    assert not is_in_share(None, 1.0)


async def test_what_was_judged_is_judged_again_and_compared(start: Start, tiny_artifact: Path, tmp_path: Path) -> None:
    worker = await start()
    worker.topic.say(trial(tiny_artifact, tmp_path / "copy", thresholds={}))
    await eventually(lambda: worker.told("activated"))
    await judge(worker, "you are an idiot", "what a day")
    await eventually(lambda: len(compared(worker)) == 2)

    first = compared(worker)[0]
    assert (first.revision, first.task, first.source.offset, first.lang) == (1, "posts", 0, "en")
    assert first.active.model_version.startswith("2026.11.24-")
    assert first.candidate.model_version.startswith("2026.11.25-")
    assert "idiot" not in first.model_dump_json()
    verdicts = [orjson.loads(each.value or b"") for each in worker.sink.published if each.kind == "labels"]
    assert [each["model_version"][:10] for each in verdicts] == ["2026.11.24"] * 2, "the trial judges nobody"
    assert [each.verdict for each in compared(worker)] == [each["id"] for each in verdicts], "so a review finds it"


async def test_a_trial_remembers_nothing_and_spends_no_quota(start: Start, tiny_artifact: Path, tmp_path: Path) -> None:
    worker = await start(policy(tmp_path / "policy"), trial(tiny_artifact, tmp_path / "copy"))
    await eventually(lambda: worker.told("activated"))
    await judge(worker, *(f"you are an idiot {number}" for number in range(5)))
    await eventually(lambda: len(compared(worker)) == 5)
    memory = worker.service.judging.tasks["posts"]._memory  # type: ignore[attr-defined]
    assert sum(map(len, memory.quota._order.values())) == 5
    assert not [
        each for each in worker.sink.published if each.kind in ("flags", "alerts") and b"11.25" in (each.value or b"")
    ]


async def test_a_dead_letter_is_compared_too(start: Start, tiny_artifact: Path, tmp_path: Path) -> None:
    worker = await start(trial(tiny_artifact, tmp_path / "copy"))
    await eventually(lambda: worker.told("activated"))
    await worker.service.take_in(POSTS, [Message(0, b"{")])
    await eventually(lambda: compared(worker))
    (one,) = compared(worker)
    assert (one.active.has_verdict, one.candidate.has_verdict, one.lang) == (False, False, None)


async def test_a_record_with_pictures_is_not_compared(start: Start, tiny_artifact: Path, tmp_path: Path) -> None:
    """The trial looks at none, so it would judge other words."""
    worker = await start(trial(tiny_artifact, tmp_path / "copy"))
    await eventually(lambda: worker.told("activated"))
    shown = orjson.dumps({"id": "p", "text": "what a day", "images": [{"ref": "1.jpg"}]})
    await worker.service.take_in(POSTS, [Message(0, shown)])
    await worker.service.take_in(POSTS, [Message(1, post("what a day"))])
    await worker.service.drain()
    await eventually(lambda: compared(worker))
    assert [one.source.offset for one in compared(worker)] == [1]


async def test_a_trial_ends_and_takes_its_model_along(start: Start, tiny_artifact: Path, tmp_path: Path) -> None:
    entry = trial(tiny_artifact, tmp_path / "copy")
    worker = await start(entry)
    await eventually(lambda: worker.told("activated"))
    worker.topic.say(entry.model_copy(update={"active": False, "revision": 2, "expected": 1}))
    await eventually(lambda: len(worker.told("activated")) == 2)
    await judge(worker, "you are an idiot")
    await asyncio.sleep(0.05)
    assert compared(worker) == []
    assert worker.follower.trying.entry is None


async def test_a_trial_goes_on_under_another_policy(start: Start, tiny_artifact: Path, tmp_path: Path) -> None:
    worker = await start(trial(tiny_artifact, tmp_path / "copy"))
    await eventually(lambda: worker.told("activated"))
    worker.topic.say(policy(tmp_path / "policy"))
    await eventually(lambda: len(worker.told("activated")) == 3)
    await judge(worker, "you are an idiot")
    await eventually(lambda: compared(worker))
    (one,) = compared(worker)
    assert [side.policy_version.split("-")[0] for side in (one.active, one.candidate)] == ["test", "test"]
    assert one.candidate.action == "limit"


async def test_a_refused_trial_costs_the_work_nothing(start: Start, tiny_artifact: Path, tmp_path: Path) -> None:
    worker = await start()
    worker.topic.say(trial(tiny_artifact, tmp_path / "copy", heads={}))
    await eventually(lambda: worker.told("refused"))
    assert (await worker.judge())["model_version"].startswith("2026.11.24-")


async def test_a_trial_that_cannot_keep_up_compares_less_and_holds_nothing_up(
    start: Start, tiny_artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "MAX_IN_FLIGHT", 3)
    worker = await start(trial(tiny_artifact, tmp_path / "copy"))
    await eventually(lambda: worker.told("activated"))
    shadow = worker.follower.trying._trial
    assert isinstance(shadow, module.Shadow)
    shadow._in_flight = 3
    await judge(worker, "you are an idiot")
    assert compared(worker) == []
    shadow._in_flight = 0
    await judge(worker, "you are lovely")
    await eventually(lambda: len(compared(worker)) == 1)
    with caplog.at_level(logging.ERROR):
        shadow._break(LookupError("gone"))
    await judge(worker, "what a day")
    assert len(compared(worker)) == 1
    assert worker.crashes == []


def comparison(number: int, **candidate: Any) -> Comparison:
    document = COMPARISON | {"id": f"{number:032x}", "source": COMPARISON["source"] | {"offset": number}}
    same = COMPARISON["active"] | {"model_version": "new"}
    return Comparison.model_validate(document | {"candidate": same | candidate})


def test_a_report_names_differences_with_their_positions() -> None:
    report = TrialReport()
    for number in range(20):
        report.add(comparison(number))
    for number in range(20, 28):
        report.add(comparison(number, action="review", labels=["toxicity", "threat"]))
    report.add(comparison(28, has_verdict=False, action=None, labels=[], inferred_ms=None))

    assert (report.compared, report.changed, report.languages) == (29, 9, {"en": 29})
    assert report.agreement == pytest.approx(20 / 29)
    assert {key: flips.count for key, flips in report.decisions.items()} == {
        ("limit", "review"): 8,
        ("limit", "dead letter"): 1,
    }
    gained = report.gained["threat", "en"]
    assert (gained.count, len(gained.positions)) == (8, POSITIONS)
    assert gained.positions[0] == "moderation.posts[2]@20"
    assert report.lost["insult", "en"].count == 9
    assert len(report.candidate_ms) == 28
    assert not report.is_enough


def test_a_report_says_when_enough_was_seen() -> None:
    report = TrialReport()
    assert (report.agreement, report.interval, report.is_enough) == (None, (0.0, 1.0), False)
    for number in range(1000):
        report.add(comparison(number))
    low, high = report.interval
    assert low == 0.0
    assert high == pytest.approx(0.00383, abs=1e-4)
    assert report.is_enough


def reviewed(action: str, labels: list[str] | None = None, **more: Any) -> Review:
    fields = {"verdict_id": COMPARISON["verdict"], "post_id": "c-20931", "action": action, "labels": labels}
    return Review.model_validate(fields | more)


def test_a_report_says_how_often_people_agree_to_either_side() -> None:
    """The active one limits; the candidate wants a review, and finds a threat beside."""
    wants_more = TrialReport({COMPARISON["verdict"]: reviewed("review", ["toxicity", "threat"])})
    wants_none = TrialReport({COMPARISON["verdict"]: reviewed("allow")})
    for found in (wants_more, wants_none):
        found.add(Comparison.model_validate(COMPARISON))
        found.add(Comparison.model_validate(COMPARISON | {"id": "1", "verdict": "another"}))
        found.add(Comparison.model_validate(COMPARISON | {"id": "2", "verdict": None}))
        assert (found.compared, found.reviewed) == (3, 1)
    right = {side: {name: (one.hits, one.rows) for name, one in figures.items()}
             for side, figures in wants_more.right.items()}  # fmt: skip
    assert right == {
        "active": {"action limit": (1, 1), "label toxicity": (1, 1), "label insult": (0, 1)},
        "candidate": {
            "action review": (1, 1),
            "label toxicity": (1, 1),
            "label insult": (0, 1),
            "label threat": (1, 1),
        },
    }
    assert not any(one.hits for figures in wants_none.right.values() for one in figures.values())
    figure = wants_more.right["active"]["action limit"].figure()
    assert (figure["value"], figure["high"], figure["rows"]) == (1.0, 1.0, 1)
    assert 0.1 < figure["low"] < 0.3


def test_labels_that_nobody_spoke_of_are_neither_right_nor_wrong() -> None:
    found = TrialReport({COMPARISON["verdict"]: reviewed("remove")})
    found.add(Comparison.model_validate(COMPARISON))
    assert {name: list(figures) for name, figures in found.right.items()} == {
        "active": ["action limit"],
        "candidate": ["action review"],
    }
    upheld = TrialReport({COMPARISON["verdict"]: reviewed("limit", decision="upheld")})
    upheld.add(Comparison.model_validate(COMPARISON))
    assert upheld.right["candidate"]["label threat"].hits == 0, "those of the verdict that it is about are right"


def test_a_comparison_that_was_delivered_twice_counts_once() -> None:
    found = TrialReport({COMPARISON["verdict"]: reviewed("limit")})
    for number in (1, 2, 1):
        found.add(comparison(number, action="review"))
    assert (found.compared, found.changed, found.reviewed, len(found.active_ms)) == (2, 2, 2, 2)
    assert found.languages == {"en": 2}


@pytest.mark.parametrize(
    ("decision", "wanted", "hits"),
    [("upheld", "allow", [1, 1, 0]), ("overturned", "remove", [0, 0, 1]), (None, "remove", [1, 1, 1])],
)
def test_what_was_done_is_right_by_the_decision_on_it(decision: str | None, wanted: str, hits: list[int]) -> None:
    """As in the report on reviews; of an action that was not taken, only what is wanted tells."""
    found = TrialReport({COMPARISON["verdict"]: reviewed(wanted, decision=decision)})
    found.add(comparison(1, action="limit"))
    found.add(comparison(2, action="review"))
    limited = [found.right[side]["action limit"] for side in ("active", "candidate")]
    assert [(one.hits, one.rows) for one in limited] == [(2 * hits[0], 2), (hits[1], 1)]
    assert found.right["candidate"]["action review"].hits == hits[2]
