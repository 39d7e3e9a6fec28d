"""Flags, alerts and the quota, from end to end."""

import asyncio

import pytest

from tests.support.bench import Bench
from tests.support.policies import write_policy
from tests.support.records import post, posts, symptom_records
from tests.support.traffic import Draft

pytestmark = pytest.mark.timeout(120)


async def test_over_its_quota_an_action_becomes_a_review(bench: Bench) -> None:
    await bench.create_topics()
    await bench.start_worker(policy=write_policy(bench.folder, action="remove", limit=30))

    places = await bench.send(posts(bench.topic("posts"), 100))

    answers = await bench.answers(places)
    answers.assert_exactly_once()
    actions = [(each.body["action"], "quota" in each.body["reasons"]) for each in answers.outputs]
    assert actions.count(("remove", False)) == 30
    assert actions.count(("review", True)) == 70


async def test_posts_that_are_acted_on_are_flagged(bench: Bench) -> None:
    await bench.create_topics()
    await bench.start_worker(policy=write_policy(bench.folder, action="limit"))

    places = await bench.send(posts(bench.topic("posts"), 40))

    answers = await bench.answers(places)
    flags = await bench.read(["flags"], until=lambda outputs: len(outputs) >= 40)
    assert {each.body["id"] for each in flags} == {each.body["id"] for each in answers.outputs}


async def test_a_repeat_offender_raises_an_alert(bench: Bench) -> None:
    await bench.create_topics()
    await bench.start_worker(policy=write_policy(bench.folder, action="limit", offender_posts=3))
    drafts = [
        Draft(bench.topic("posts"), post(f"o{i}", f"number {i} of them", author="one-author"), b"one-author")
        for i in range(6)
    ]
    once = Draft(bench.topic("posts"), post("other", "another text", author="other-author"), b"other-author")

    await bench.answers(await bench.send([*drafts, once]))

    alerts = await bench.read(["alerts"], until=lambda outputs: len(outputs) >= 2)
    found = [(each.body["kind"], each.body["subject"], each.body["count"]) for each in alerts]
    assert found == [("repeat_offender", "one-author", 3), ("repeat_offender", "one-author", 6)]


async def test_an_offenders_third_post_after_a_restart_still_raises_the_alert(bench: Bench) -> None:
    await bench.create_topics()
    policy = write_policy(bench.folder, action="limit", offender_posts=3)
    drafts = [
        Draft(bench.topic("posts"), post(f"o{i}", f"number {i} of them", author="one-author"), b"one-author")
        for i in range(3)
    ]
    first = await bench.start_worker(policy=policy)
    await bench.answers(await bench.send(drafts[:2]))
    assert await asyncio.to_thread(first.stop) == 0

    await bench.start_worker(policy=policy)
    places = await bench.send(drafts[2:])

    alerts = await bench.read(["alerts"], until=lambda outputs: len(outputs) >= 1)
    found = [(each.body["kind"], each.body["subject"], each.body["count"], each.source) for each in alerts]
    assert found == [("repeat_offender", "one-author", 3, places[0])]


async def test_a_spam_wave_raises_an_alert(bench: Bench) -> None:
    await bench.create_topics()
    await bench.start_worker(policy=write_policy(bench.folder, wave_authors=5))
    texts = (
        "Buy the golden watch today, it is nearly free!",
        "BUY the golden watch, today it is nearly free",
    )
    drafts = [
        Draft(bench.topic("posts"), post(f"w{i}", texts[i % 2], author=f"w{i}"), f"w{i}".encode()) for i in range(8)
    ]

    await bench.answers(await bench.send(drafts))

    alerts = await bench.read(["alerts"], until=lambda outputs: len(outputs) >= 1)
    assert [(each.body["kind"], each.body["count"]) for each in alerts] == [("spam_wave", 5)]


async def test_severe_posts_and_urgent_patients_raise_alerts(bench: Bench) -> None:
    await bench.create_topics()
    await bench.start_worker(policy=write_policy(bench.folder, severe=True, alert_level=5))

    drafts = posts(bench.topic("posts"), 3) + symptom_records(bench.topic("symptoms"), 4)
    answers = await bench.answers(await bench.send(drafts))

    alerts = await bench.read(["alerts"], until=lambda outputs: len(outputs) >= 7)
    assert sorted(each.body["kind"] for each in alerts) == ["severe_post"] * 3 + ["urgent_patient"] * 4
    assert {each.body["verdict_id"] for each in alerts} == {each.body["id"] for each in answers.outputs}


async def test_a_patient_whose_record_cannot_be_judged_raises_an_alert_and_a_post_does_not(bench: Bench) -> None:
    await bench.create_topics()
    await bench.start_worker()

    keys = {"posts": b"ann", "symptoms": b"pat"}
    places = await bench.send([Draft(bench.topic(kind), b"no record", key=key) for kind, key in keys.items()])
    answers = await bench.answers(places)
    assert [each.kind for each in answers.outputs] == ["dead-letters"] * 2

    (alert,) = await bench.read(["alerts"], until=lambda outputs: len(outputs) >= 1)
    assert (alert.body["kind"], alert.body["severity"]) == ("unjudged_patient", "high")
    assert (alert.body["subject"], alert.body["reasons"]) == ("pat", ["invalid_json"])
    assert alert.body["source"]["topic"] == bench.topic("symptoms")
