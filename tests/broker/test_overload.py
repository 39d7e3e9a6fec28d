"""Promise 5: late records are answered with less, and every one is answered."""

import time

import pytest

from tests.support.bench import Bench
from tests.support.records import posts, symptom_records
from tests.support.traffic import Draft

pytestmark = pytest.mark.timeout(120)


def _late(draft: Draft, by_s: float) -> Draft:
    sent_ms = int((time.time() - by_s) * 1000)
    return Draft(draft.topic, draft.value, draft.key, draft.headers, draft.partition, sent_ms)


async def test_overload_degrades_posts_and_loses_nothing(bench: Bench) -> None:
    await bench.create_topics()
    await bench.start_worker(degrade_after_s=0.5)
    drafts = posts(bench.topic("posts"), 4_000) + symptom_records(bench.topic("symptoms"), 400)
    drafts.sort(key=lambda draft: hash(draft.value))

    places = await bench.send_steadily([_late(draft, 60) for draft in drafts], 1_000)

    answers = await bench.answers(places)
    answers.assert_exactly_once()
    posts_degraded = [each.body["degraded"] for each in answers.outputs if each.kind == "labels"]
    assert not all(posts_degraded[:20]), "degraded before it was late for a second"
    assert sum(posts_degraded) > 1_000
    assert not any(each.body["degraded"] for each in answers.outputs if each.kind == "triage")
    small = [each.body for each in answers.outputs if each.kind == "labels" and each.body["degraded"]]
    assert all(body["spans"] == [] and body["sentiment"] is None for body in small)


async def test_without_lateness_nothing_is_degraded(bench: Bench) -> None:
    await bench.create_topics()
    await bench.start_worker(degrade_after_s=5)

    places = await bench.send_steadily(posts(bench.topic("posts"), 1_500), 500)

    answers = await bench.answers(places)
    answers.assert_exactly_once()
    assert not any(each.body["degraded"] for each in answers.outputs)


async def test_verdicts_say_where_their_time_went(bench: Bench) -> None:
    await bench.create_topics()
    await bench.start_worker()

    places = await bench.send([_late(draft, 5) for draft in posts(bench.topic("posts"), 50)])

    answers = await bench.answers(places)
    for each in answers.outputs:
        timings = each.body["timings_ms"]
        stages = sum(timings.values()) - timings["total"]
        assert all(value >= 0 for value in timings.values())
        assert 5_000 < timings["total"] < 25_000
        assert stages <= timings["total"] - 4_900
