"""A record's way, with an engine that answers when it is told to."""

from __future__ import annotations

import asyncio
import gc
import gzip
import threading
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import orjson
import pytest

from models.artifact import Artifact
from models.labels import POST_LABELS
from models.pictures.errors import NotLooked
from models.serving.encoder import Encoder
from models.serving.reader import Reader
from models.serving.reading import TEXT, Reading
from models.serving.stats import Stats
from models.serving.types import Encoding, EngineLostError, InferenceError, Item, Lane, Outcome, Scores
from schemas import Post, PostVerdict, Reason
from schemas.wire import Header
from streams.pictures.seen import Seen
from streams.pipeline.activation import Activation, Modality
from streams.pipeline.failures import Failure
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.work import Work
from streams.policy import Policy
from streams.record import Outgoing, RawRecord, UnreadableBatch
from streams.tasks.base import Case, Moments, Parts, Rendered
from streams.tasks.outputs import verdict_id
from streams.tasks.posts.task import PostsTask
from streams.worker.ledger import Ticket
from tests.support.tiny_artifact import write_tiny_artifact


class HeldEngine:
    """Collects what is submitted; the test says how it ends."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.stopped = False
        self.scored = Stats()

    def submit(self, items: Sequence[Item]) -> None:
        self.items += items

    def stats(self) -> Stats:
        return self.scored

    async def stop(self) -> None:
        self.stopped = True

    def outcomes(self, error: Exception | None = None, degraded: bool = False, version: str = "v1") -> list[Outcome]:
        items, self.items = self.items, []
        now = time.monotonic()
        scores = Scores(version, degraded, {"post": np.zeros(8), "sentiment": np.zeros(3), "spans": np.zeros(64)})
        return [Outcome(item, None if error else scores, error, now, now) for item in items]


class Eye:
    """Looks at no picture."""

    looked_at = 0.0

    async def look(self, pictures: Sequence[object], for_words: bool, task: str) -> list[Seen]:
        return [Seen(number, refused=NotLooked.TOO_LARGE) for number in range(len(pictures))]

    async def stop(self) -> None: ...


class Bench:
    def __init__(self, task: PostsTask, artifact: Artifact) -> None:
        self.task = task
        self.engine = HeldEngine()
        self.finished: list[Work] = []
        self.crashes: list[BaseException] = []
        self._changed = asyncio.Condition()
        self.pipeline = Pipeline(100, 10_000, self._finish, self.crashes.append, desk=Eye())
        reader = Reader(Encoder.from_artifact(artifact))
        self.activation = Activation({TEXT: Modality(reader, self.engine)}, "v1", {"posts": task})
        self.pipeline.start(self.activation)

    async def _finish(self, works: Sequence[Work]) -> None:
        async with self._changed:
            self.finished += works
            self._changed.notify_all()

    def push(
        self,
        offset: int,
        value: bytes | None,
        headers: tuple[Header, ...] = (),
        lane: Lane = Lane.LIVE,
        key: bytes | None = b"key",
    ) -> Work:
        raw = RawRecord("posts", 0, offset, key, value, headers)
        now = time.monotonic()
        work = Work(None, raw, self.pipeline.active, self.task, Moments(now, now), lane=lane)
        self.pipeline.push([work])
        return work

    async def submitted(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.engine.items) < count:  # noqa: ASYNC110  # the engine's side has nothing to wait on
                await asyncio.sleep(0.001)

    async def all_finished(self, count: int) -> None:
        async with self._changed, asyncio.timeout(5):
            await self._changed.wait_for(lambda: len(self.finished) >= count)


def post(text: str, post_id: str = "p") -> bytes:
    return orjson.dumps({"id": post_id, "text": text})


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    artifact = write_tiny_artifact(tmp_path / "tiny")
    bench = Bench(PostsTask.build(Parts(artifact, Policy.load(), "p1")), artifact)
    yield bench
    await bench.pipeline.stop()


async def test_a_live_record_does_not_wait_for_its_copy_in_the_backfill(bench: Bench) -> None:
    bench.push(0, post("hello there"), lane=Lane.BACKFILL)
    await bench.submitted(1)
    bench.push(1, post("hello there"))
    bench.push(2, post("hello there"), lane=Lane.BACKFILL)
    await bench.submitted(2)
    lanes = [item.lane for item in bench.engine.items]
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(3)
    assert lanes == [Lane.BACKFILL, Lane.LIVE]


async def test_it_rests_as_long_as_the_way_of_its_records_is_worth(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From tokens to the broker's word; what came before, pictures for one, does not count, nor does what may wait."""
    learned: list[float] = []
    monkeypatch.setattr(bench.pipeline._pace, "learn", learned.append)
    live, old = bench.push(0, post("hello")), bench.push(1, post("of old"), lane=Lane.BACKFILL)
    await bench.submitted(2)
    live.moments.intake_at -= 100.0
    live.moments.prepared_at -= 50.0
    old.moments.prepared_at -= 10.0
    for outcome in bench.engine.outcomes():
        bench.pipeline.deliver([outcome])
        await asyncio.sleep(0.03)
    await bench.all_finished(2)
    await asyncio.sleep(0.01)
    assert [round(each, -1) for each in learned] == [50]


async def test_an_old_record_raises_no_alert(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = [Outgoing("labels", b"k", b"{}"), Outgoing("alerts", b"k", b"{}"), Outgoing("flags", b"k", b"{}")]
    monkeypatch.setattr(bench.task, "decide", lambda case: outputs)
    works = [bench.push(0, post("hello there"), lane=lane) for lane in (Lane.LIVE, Lane.BACKFILL)]
    await bench.submitted(2)
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(2)
    live, old = ([output.kind for output in work.outputs] for work in works)
    assert (live, old) == (["labels", "alerts", "flags"], ["labels", "flags"])


async def test_a_record_is_counted_once_even_where_its_pictures_are_looked_at(bench: Bench) -> None:
    shown = orjson.dumps({"id": "p", "text": "look at this", "images": [{"ref": "1.jpg"}]})
    for offset, value in enumerate((shown, post("what a day"), b"{")):
        bench.push(offset, value)
    await bench.submitted(2)
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(3)
    assert bench.pipeline.counts.records["posts"] == 3


async def test_copies_in_flight_cost_one_inference_and_later_ones_none(bench: Bench) -> None:
    for offset in range(3):
        bench.push(offset, post("hello there", f"p{offset}"))
    await bench.submitted(1)
    await asyncio.sleep(0.01)
    assert len(bench.engine.items) == 1
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(3)
    bench.push(3, post("hello there", "p3"))
    await bench.all_finished(4)
    assert bench.engine.items == []
    assert [orjson.loads(work.outputs[0].value or b"")["post_id"] for work in bench.finished] == [
        "p0",
        "p1",
        "p2",
        "p3",
    ]


async def test_texts_are_encoded_together_and_copies_not_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    encode, asked = Encoder.encode, list[list[str]]()

    def watched(self: Encoder, texts: Sequence[str]) -> Sequence[Encoding]:
        asked.append(list(texts))
        return encode(self, texts)

    monkeypatch.setattr(Encoder, "encode", watched)
    for offset, text in enumerate(("one", "two", "three")):
        bench.push(offset, post(text))
    await bench.submitted(3)
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(3)
    bench.push(3, post("two"))
    await bench.all_finished(4)
    assert asked == [["one", "two", "three"]]


@pytest.mark.parametrize("stage", ["decode", "decide"])
async def test_a_stop_does_not_wait_for_a_stage_that_hangs_and_begins_nothing_more(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    entered, released, left = threading.Event(), threading.Event(), list[bool]()

    def hangs(*_: object) -> None:
        entered.set()
        left.append(released.wait(5))
        raise ValueError("too late")

    monkeypatch.setattr(bench.task, stage, hangs)
    bench.push(0, post("hello there"))
    if stage == "decide":
        await bench.submitted(1)
        bench.pipeline.deliver(bench.engine.outcomes())
    assert await asyncio.to_thread(entered.wait, 5)
    behind = asyncio.create_task(bench.pipeline.in_order(left.append, False))
    await asyncio.sleep(0.02)
    await bench.pipeline.stop()
    assert left == ([] if stage == "decide" else [False])
    released.set()
    await asyncio.sleep(0.05)
    assert left == ([True] if stage == "decide" else [False, True]), "what waited behind it never ran"
    await asyncio.wait({behind}, timeout=5)
    assert behind.done()


async def test_degraded_scores_are_not_remembered(bench: Bench) -> None:
    bench.push(0, post("hello there"))
    await bench.submitted(1)
    bench.pipeline.deliver(bench.engine.outcomes(degraded=True))
    await bench.all_finished(1)
    bench.push(1, post("hello there"))
    await bench.submitted(1)


async def test_a_record_on_which_the_model_fails_becomes_a_dead_letter(bench: Bench) -> None:
    bench.push(0, post("hello there"))
    await bench.submitted(1)
    bench.pipeline.deliver(bench.engine.outcomes(InferenceError("no")))
    await bench.all_finished(1)
    (letter,) = bench.finished[0].outputs
    assert letter.kind == "dead-letters"
    assert (letter.key, letter.value) == (b"key", post("hello there"))
    said = dict(letter.headers)
    assert said["reason"] == Reason.INFERENCE_FAILED.encode()
    assert said["detail"] == b"the model failed on this record: InferenceError"


async def test_a_record_that_was_abandoned_before_it_was_prepared_is_not_scored(bench: Bench) -> None:
    raw = RawRecord("posts", 0, 0, None, post("given up"))
    now = time.monotonic()
    given_up = Work(
        Ticket(("posts", 0), 0, 0.0, abandoned=True), raw, bench.pipeline.active, bench.task, Moments(now, now)
    )
    bench.pipeline.push([given_up])
    bench.push(1, post("hello there"))
    await bench.submitted(1)
    assert len(bench.engine.items) == 1
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(2)
    assert not given_up.outputs
    assert given_up.failure is None


async def test_an_abandoned_record_holds_up_none_of_its_chunk(bench: Bench) -> None:
    given_up, other = bench.push(0, post("hello there")), bench.push(1, post("good day"))
    await bench.submitted(2)
    given_up.ticket = Ticket(("posts", 0), 0, 0.0, abandoned=True)
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(2)
    assert given_up.outputs == ()
    assert [output.kind for output in other.outputs] == ["labels"]


async def test_a_lost_engine_is_a_crash_and_no_answer(bench: Bench) -> None:
    bench.push(0, post("hello there"))
    await bench.submitted(1)
    bench.pipeline.deliver(bench.engine.outcomes(EngineLostError("gone")))
    await asyncio.sleep(0.02)
    assert [type(error) for error in bench.crashes] == [EngineLostError]
    assert bench.finished == []


async def test_what_is_done_in_order_is_done_in_the_thread_that_decides(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There tasks keep their state, without locks."""
    decide, threads = bench.task.decide, list[int]()

    def watched(case: Case[object]) -> list[Outgoing]:
        threads.append(threading.get_ident())
        return decide(case)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.task, "decide", watched)
    bench.push(0, post("hello there"))
    await bench.submitted(1)
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(1)
    assert threads == [await bench.pipeline.in_order(threading.get_ident)]
    assert threads != [threading.get_ident()]


async def test_bad_records_go_past_the_engine(bench: Bench) -> None:
    for offset, value in enumerate((None, b"\xff", b"{", post(""))):
        bench.push(offset, value)
    await bench.all_finished(4)
    reasons = [work.failure.reason for work in bench.finished if work.failure]
    assert reasons == [Reason.NULL_VALUE, Reason.NOT_UTF8, Reason.INVALID_JSON, Reason.EMPTY_TEXT]


async def test_a_compressed_record_is_judged_and_answers_for_its_own_bytes(bench: Bench) -> None:
    packed = gzip.compress(post("hello there"))
    bench.push(0, packed, (("content-encoding", b"gzip"),))
    await bench.submitted(1)
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(1)
    (label,) = bench.finished[0].outputs
    verdict = orjson.loads(label.value or b"")
    assert (verdict["post_id"], verdict["warnings"]) == ("p", [])
    assert verdict["id"] == verdict_id("posts", "v1", verdict["policy_version"], packed)


async def test_an_encoding_that_is_not_read_is_named_as_the_reason(bench: Bench) -> None:
    bench.push(0, b"\x28\xb5\x2f\xfd", (("content-encoding", b"zstd"),))
    await bench.all_finished(1)
    (letter,) = bench.finished[0].outputs
    assert (letter.kind, letter.value) == ("dead-letters", b"\x28\xb5\x2f\xfd")
    assert dict(letter.headers)["reason"] == b"unknown_encoding"


async def test_a_defect_in_the_policy_costs_one_record_and_its_text_stays_out_of_the_log(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    decide = bench.task.decide

    def broken(case: Case[object]) -> list[Outgoing]:
        if "secret" in case.rendered.text:
            raise ValueError(case.rendered.text)
        return decide(case)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.task, "decide", broken)
    bench.push(0, post("my secret"))
    bench.push(1, post("hello there"))
    await bench.submitted(2)
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(2)
    kinds = {work.raw.offset: [output.kind for output in work.outputs] for work in bench.finished}
    assert kinds == {0: ["dead-letters"], 1: ["labels"]}
    assert "decide failed with ValueError" in caplog.text
    assert "secret" not in caplog.text


async def test_a_batch_that_cannot_be_read_becomes_a_dead_letter_as_it_is(bench: Bench) -> None:
    bench.push(0, UnreadableBatch(b"torn", "the batch does not match its checksum"))
    await bench.all_finished(1)
    (letter,) = bench.finished[0].outputs
    said = dict(letter.headers)
    assert (letter.kind, letter.value) == ("dead-letters", b"torn")
    assert (said["reason"], said["stage"]) == (b"unreadable_batch", b"decode")
    assert said["detail"] == b"the batch does not match its checksum"


@pytest.mark.parametrize("step", ["decode", "render"])
async def test_a_defect_in_reading_costs_one_record(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, step: str
) -> None:
    right = getattr(bench.task, step)

    def broken(given: object, *others: object) -> object:
        if "secret" in str(given):
            raise ZeroDivisionError(given)
        return right(given, *others)

    monkeypatch.setattr(bench.task, step, broken)
    for offset, text in enumerate(("my secret", "hello there")):
        bench.push(offset, post(text))
    await bench.submitted(1)
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(2)
    failures = {work.raw.offset: work.failure for work in bench.finished}
    assert failures == {0: Failure(Reason.INTERNAL_ERROR, "decode failed with ZeroDivisionError", "decode"), 1: None}
    assert "secret" not in caplog.text


async def test_what_is_finished_leaves_nothing_behind(bench: Bench) -> None:
    def tasks() -> int:
        gc.collect()
        return sum(issubclass(type(one), asyncio.Task) for one in gc.get_objects())  # asks no object for its class

    before = tasks()
    for offset in range(20):
        bench.push(offset, b"{")
        await bench.all_finished(offset + 1)
    assert tasks() < before + 5


async def test_no_dead_letter_quotes_the_record_in_its_own_headers(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever stage it failed in."""

    def broken(case: Case[object]) -> list[Outgoing]:
        raise ValueError(case.rendered.text)

    monkeypatch.setattr(bench.task, "decide", broken)
    for offset, value in enumerate((b"secret", b'{"id":"secret","text":["secret"]}', post("", "secret"))):
        bench.push(offset, value)
    bench.push(3, post("secret of the model"))
    await bench.submitted(1)
    bench.pipeline.deliver(bench.engine.outcomes(InferenceError("secret of the model")))
    bench.push(4, post("secret of the policy"))
    await bench.submitted(1)
    bench.pipeline.deliver(bench.engine.outcomes())

    await bench.all_finished(5)

    letters = [output for work in bench.finished for output in work.outputs]
    assert {dict(letter.headers)["stage"] for letter in letters} == {b"decode", b"score", b"decide"}
    assert not [name for letter in letters for name, value in letter.headers if b"secret" in (value or b"")]


async def test_a_failing_finish_is_a_crash(tmp_path: Path) -> None:
    artifact = write_tiny_artifact(tmp_path / "tiny")
    bench = Bench(PostsTask.build(Parts(artifact, Policy.load(), "p1")), artifact)

    async def broken(_: Sequence[Work]) -> None:
        raise OSError("the broker is gone")

    bench.pipeline._finish = broken
    bench.push(0, b"{")
    async with asyncio.timeout(5):
        while not bench.crashes:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    assert isinstance(bench.crashes[0], OSError)
    await bench.pipeline.stop()


THAI = "สวัสดีตอนเช้า วันนี้อากาศดีมาก"


def days(count: int) -> str:
    """About five tokens a day."""
    return "".join([f"a lovely day {i:03} . " for i in range(count)])


def high(*labels: str) -> Scores:
    post = np.array([0.9 if label in labels else 0.1 for label in POST_LABELS])
    return Scores("v1", heads={"post": post, "sentiment": np.ones(3)})


async def test_harm_at_the_end_of_a_long_post_counts(bench: Bench) -> None:
    """The last words of this post stand behind some 700 tokens."""
    bench.push(0, post(days(100) + "i will kill you"))
    await bench.submitted(10)
    await asyncio.sleep(0.01)
    items, bench.engine.items = bench.engine.items, []
    now = time.monotonic()
    for place, item in enumerate(reversed(items)):  # whichever comes first
        scores = high("threat") if place == 0 else high()
        bench.pipeline.deliver([Outcome(item, scores, None, now, now)])
    await bench.all_finished(1)
    verdict = orjson.loads(bench.finished[0].outputs[0].value or b"")
    assert verdict["labels"] == ["threat"]
    assert verdict["read_share"] == 1.0
    assert verdict["assessed"] is True


async def test_parts_that_were_scored_before_are_not_scored_again(bench: Bench) -> None:
    bench.push(0, post(days(100)))
    await bench.submitted(10)
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(1)
    bench.push(1, post(days(100)))
    await bench.all_finished(2)
    assert bench.engine.items == []


async def test_a_chunk_that_fails_and_none_of_its_texts_alone_is_told_of(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    encode = Encoder.encode

    def together(self: Encoder, texts: Sequence[str]) -> Sequence[Encoding]:
        if len(texts) > 1:
            raise ZeroDivisionError(texts[0])
        return encode(self, texts)

    monkeypatch.setattr(Encoder, "encode", together)
    bench.push(0, post("my secret"))
    bench.push(1, post("hello there"))
    await bench.submitted(2)
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(2)
    assert [work.failure for work in bench.finished] == [None, None]
    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told.startswith("encode failed on a chunk, and on none of its texts alone: ZeroDivisionError at ")
    assert "secret" not in caplog.text


async def test_a_defect_while_a_long_text_is_cut_costs_one_record(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: Reader, reading: Reading) -> list[Reading]:
        raise ZeroDivisionError(reading.text)

    monkeypatch.setattr(Reader, "refined", broken)
    bench.push(0, post("my secret . " * 100))
    bench.push(1, post("hello there"))
    await bench.submitted(1)
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(2)
    failures = {work.raw.offset: work.failure for work in bench.finished}
    assert failures == {0: Failure(Reason.INTERNAL_ERROR, "encode failed with ZeroDivisionError", "encode"), 1: None}
    assert "secret" not in caplog.text


async def test_of_a_very_long_post_the_verdict_says_how_much_was_read(bench: Bench) -> None:
    bench.push(0, post(days(500)))
    await bench.submitted(24)
    await asyncio.sleep(0.02)
    assert len(bench.engine.items) == 24
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(1)
    verdict = orjson.loads(bench.finished[0].outputs[0].value or b"")
    assert 0.2 < verdict["read_share"] < 0.9
    assert [warning[:28] for warning in verdict["warnings"]] == ["text: not all of it was read"]


async def test_spaces_between_sentences_are_nothing_to_read(bench: Bench) -> None:
    bench.push(0, post("\n\n".join(["a day " * 70 + ".", "i have a fever " * 20 + "."])))
    await bench.submitted(2)
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(1)
    verdict = orjson.loads(bench.finished[0].outputs[0].value or b"")
    assert (verdict["read_share"], verdict["warnings"]) == (1.0, [])


async def test_a_window_on_which_the_model_fails_costs_the_record_a_verdict(bench: Bench) -> None:
    bench.push(0, post(days(16)))
    await bench.submitted(2)
    first, second = bench.engine.outcomes()
    bench.pipeline.deliver([Outcome(first.item, None, InferenceError("no"), 0.0, 0.0)])
    await asyncio.sleep(0.01)
    assert bench.finished == []
    bench.pipeline.deliver([second])
    await bench.all_finished(1)
    assert [output.kind for output in bench.finished[0].outputs] == ["dead-letters"]


async def test_a_post_in_unknown_words_is_not_judged(bench: Bench) -> None:
    bench.push(0, post(THAI))
    await bench.all_finished(1)
    assert bench.engine.items == []
    (label,) = bench.finished[0].outputs
    verdict = PostVerdict.model_validate_json(label.value or b"")
    assert (verdict.assessed, verdict.read_share, verdict.scores, verdict.sentiment) == (False, 0.0, None, None)
    assert (verdict.labels, verdict.action, verdict.reasons) == ([], "allow", [])


async def test_known_words_between_unknown_ones_are_judged_in_their_own_language(bench: Bench) -> None:
    bench.push(0, post(f"{THAI} you are an idiot {THAI}"))
    await bench.submitted(1)
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(1)
    verdict = orjson.loads(bench.finished[0].outputs[0].value or b"")
    assert (verdict["assessed"], verdict["lang"]) == (True, "en")
    assert 0 < verdict["read_share"] < 0.5


def served_by(engine: HeldEngine, former: Activation) -> Activation:
    return Activation({TEXT: Modality(former.modalities[TEXT].reader, engine)}, "v2", former.tasks)


async def test_what_is_inside_stays_with_the_activation_that_it_came_in_under(bench: Bench) -> None:
    """Though its copy is judged by the next one at the same time; the former ends with its last record."""
    former, engine = bench.pipeline.active, HeldEngine()
    bench.push(0, post("a lovely day"))
    await bench.submitted(1)
    bench.pipeline.switch(served_by(engine, former))
    bench.push(1, post("a lovely day"))
    async with asyncio.timeout(5):
        while not engine.items:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    assert not bench.engine.stopped

    bench.pipeline.deliver(bench.engine.outcomes())
    bench.pipeline.deliver(engine.outcomes(version="v2"))
    await bench.all_finished(2)
    await asyncio.sleep(0.01)
    versions = {work.raw.offset: orjson.loads(work.outputs[0].value or b"")["model_version"] for work in bench.finished}
    assert versions == {0: "v1", 1: "v2"}
    assert (bench.engine.stopped, engine.stopped) == (True, False)


async def test_an_activation_ends_with_the_last_of_its_records_and_not_before(bench: Bench) -> None:
    former = bench.pipeline.active
    for offset, text in enumerate(("one", "two")):
        bench.push(offset, post(text))
    await bench.submitted(2)
    first, second = bench.engine.outcomes()
    bench.pipeline.switch(served_by(HeldEngine(), former))
    bench.pipeline.deliver([first])
    await bench.all_finished(1)
    await asyncio.sleep(0.01)
    assert not bench.engine.stopped

    bench.pipeline.deliver([second])
    await bench.all_finished(2)
    await asyncio.sleep(0.01)
    assert bench.engine.stopped


async def test_an_activation_of_which_nothing_is_inside_ends_at_once(bench: Bench) -> None:
    former = bench.pipeline.active
    bench.pipeline.switch(served_by(HeldEngine(), former))
    await asyncio.sleep(0.01)
    assert bench.engine.stopped


async def test_one_that_stands_beside_ends_when_it_is_taken_away_and_its_last_record_has_left(bench: Bench) -> None:
    """And not in between, however often nothing of it is inside."""
    active, engine = bench.pipeline.active, HeldEngine()
    beside = served_by(engine, active)
    bench.pipeline.place_beside(beside)
    for round_ in range(2):
        now = time.monotonic()
        raws = [RawRecord("posts", 0, 2 * round_ + one, b"key", post(f"{round_} {one}")) for one in range(2)]
        under = (active, beside)
        bench.pipeline.push(
            [Work(None, raw, each, bench.task, Moments(now, now)) for raw, each in zip(raws, under, strict=True)]
        )
        await bench.submitted(1)
        async with asyncio.timeout(5):
            while not engine.items:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        if round_ == 1:
            bench.pipeline.place_beside(None)
        bench.pipeline.deliver(bench.engine.outcomes())
        await asyncio.sleep(0.01)
        assert not engine.stopped
        bench.pipeline.deliver(engine.outcomes(version="v2"))
        await bench.all_finished(2 * round_ + 2)
        await asyncio.sleep(0.01)
        assert engine.stopped is (round_ == 1)
    assert not bench.engine.stopped
    versions = {work.raw.offset: orjson.loads(work.outputs[0].value or b"")["model_version"] for work in bench.finished}
    assert versions == {0: "v1", 1: "v2", 2: "v1", 3: "v2"}


async def test_one_that_takes_over_from_beside_keeps_its_engine(bench: Bench) -> None:
    former, engine = bench.pipeline.active, HeldEngine()
    beside = served_by(engine, former)
    bench.pipeline.place_beside(beside)
    bench.pipeline.switch(beside.with_tasks({"posts": bench.task}))
    bench.pipeline.place_beside(None)
    await asyncio.sleep(0.01)
    assert (bench.engine.stopped, engine.stopped) == (True, False)


async def test_what_engines_have_done_adds_up_and_never_goes_back(bench: Bench) -> None:
    """Whichever judges: one beside counts from its first text on, once, and one that has ended stays counted."""
    former, engine = bench.pipeline.active, HeldEngine()
    bench.engine.scored = Stats(rows=70, run_s=7.0)
    beside = served_by(engine, former)
    bench.pipeline.place_beside(beside)
    engine.scored = Stats(rows=5, run_s=0.5)
    assert (bench.pipeline.engine_stats().rows, bench.pipeline.engine_stats().run_s) == (75, 7.5)

    bench.pipeline.switch(beside.with_tasks({"posts": bench.task}))
    bench.pipeline.place_beside(None)
    await asyncio.sleep(0.01)
    assert bench.engine.stopped
    assert bench.pipeline.engine_stats().rows == 75
    engine.scored = Stats(rows=6, run_s=0.6)
    bench.pipeline.switch(served_by(HeldEngine(), former))
    await asyncio.sleep(0.01)
    assert engine.stopped
    assert bench.pipeline.engine_stats().rows == 76


class Picture(Reading):
    """Something that is no text: it has a key and a cost, and that is all that the pipeline asks for."""

    modality = "picture"

    @property
    def content_key(self) -> str:
        return "a hash of its pixels"


class Lens:
    """Makes of every picture the same 196 patches."""

    def encode(self, readings: Sequence[Reading]) -> None:
        for reading in readings:
            reading.encoding = Encoding(np.zeros(196, np.int32), np.zeros((196, 2), np.int32))

    def needs_refining(self, reading: Reading) -> bool:
        return False

    def refined(self, reading: Reading) -> list[Reading]:
        return [reading]


async def test_readings_of_two_kinds_go_to_their_own_engines_and_wait_for_each_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    render, seeing = PostsTask.render, HeldEngine()

    def with_picture(self: PostsTask, record: Post) -> Rendered:
        rendered = render(self, record)
        return Rendered(rendered.lang, (*rendered.ways, Picture("", ())))

    monkeypatch.setattr(PostsTask, "render", with_picture)
    modalities = {**bench.pipeline.active.modalities, "picture": Modality(Lens(), seeing)}
    bench.pipeline.switch(Activation(modalities, "v1", bench.pipeline.active.tasks))
    bench.push(0, post("look at this"))
    bench.push(1, post("and at this"))
    await bench.submitted(2)
    assert [item.cost for item in seeing.items] == [196]  # the same picture twice, and one answer for both

    bench.pipeline.deliver(bench.engine.outcomes())
    await asyncio.sleep(0.01)
    assert bench.finished == []

    bench.pipeline.deliver(seeing.outcomes())
    await bench.all_finished(2)
    assert all(work.failure is None for work in bench.finished)
    bench.push(2, post("look at this"))
    await bench.all_finished(3)
    assert (bench.engine.items, seeing.items) == ([], [])
