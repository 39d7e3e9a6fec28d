"""What leaves of a record that gets no verdict."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from models.serving.types import Lane
from schemas import Alert, Reason
from streams.pipeline.counts import Counts
from streams.pipeline.decide import decide
from streams.pipeline.failures import Failure
from streams.pipeline.work import Work
from streams.record import Outgoing, RawRecord
from streams.tasks.base import Task
from streams.tasks.symptoms.task import SymptomsTask
from tests.unit.streams.tasks.building import MOMENTS, posts_task, symptoms_task

RECORD = {"id": "r-7", "text": "a cough"}
FAILURE = Failure(Reason.INFERENCE_FAILED, "the model failed", "score")


def failed(task: Task[Any], key: bytes | None = b"pat", is_read: bool = True, lane: Lane = Lane.LIVE) -> Work:
    raw = RawRecord("moderation.in", 3, 41, key, orjson.dumps(RECORD))
    activation: Any = None
    work = Work(None, raw, activation, task, MOMENTS, lane, failure=FAILURE)
    work.record = task.decode(raw.value, 1000) if is_read else None
    return work


def outputs(work: Work, from_kafka: bool = True) -> tuple[Outgoing, ...]:
    decide([work], from_kafka)
    return tuple(work.outputs)


def test_who_waits_for_a_patient_hears_that_there_is_no_verdict() -> None:
    letter, told = outputs(failed(symptoms_task()))

    assert (letter.kind, told.kind, told.key, told.partition) == ("dead-letters", "alerts", b"r-7", 3)
    alert = Alert.model_validate_json(told.value or b"")
    assert (alert.kind, alert.severity, alert.subject) == ("unjudged_patient", "high", "r-7")
    assert alert.reasons == ["inference_failed"]
    assert alert.source is not None
    assert (alert.source.topic, alert.source.partition, alert.source.offset) == ("moderation.in", 3, 41)


@pytest.mark.parametrize(
    ("key", "subject"),
    [(b"pat", "pat"), (b"\xff", "\ufffd"), (None, "moderation.in/3/41"), (b"", "moderation.in/3/41")],
)
def test_a_record_that_could_not_be_read_is_named_by_its_key_or_its_place(key: bytes | None, subject: str) -> None:
    _, told = outputs(failed(symptoms_task(), key, is_read=False))
    assert Alert.model_validate_json(told.value or b"").subject == subject


def test_a_record_that_comes_again_raises_the_same_alert() -> None:
    first, second = (outputs(failed(symptoms_task()))[1] for _ in range(2))
    assert orjson.loads(first.value or b"")["id"] == orjson.loads(second.value or b"")["id"]


def test_nobody_waits_for_a_post_for_a_backfill_or_where_an_error_is_the_answer() -> None:
    assert len(outputs(failed(posts_task()))) == 1
    assert len(outputs(failed(symptoms_task(), lane=Lane.BACKFILL))) == 1
    assert len(outputs(failed(symptoms_task()), from_kafka=False)) == 1


def test_a_tombstone_has_nobody_who_waits_and_a_long_key_is_cut() -> None:
    gone = failed(symptoms_task(), is_read=False)
    gone.failure = Failure(Reason.NULL_VALUE, "no value", "decode")
    assert [each.kind for each in outputs(gone)] == ["dead-letters"]
    _, told = outputs(failed(symptoms_task(), b"k" * 1_000_000, is_read=False))
    assert Alert.model_validate_json(told.value or b"").subject == "k" * 256


def test_a_defect_there_costs_no_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SymptomsTask, "unjudged", lambda *about: 1 / 0)
    (letter,) = outputs(failed(symptoms_task()))
    assert letter.kind == "dead-letters"


def test_the_alert_is_counted() -> None:
    work = failed(symptoms_task())
    decide([work])
    counts = Counts()
    counts.settle([work])
    assert counts.alerts["unjudged_patient", "high"] == 1
    assert counts.dead_letters["inference_failed"] == 1
