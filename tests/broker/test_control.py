"""Models, policies and tasks change while two workers are at work."""

import asyncio
import contextlib
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas import Control
from streams.control.change import ConflictError, change, now, proposed, read_state
from streams.control.state import State
from streams.settings import Settings
from tests.support.bench import Bench
from tests.support.policies import write_policy
from tests.support.records import posts, symptom_records
from tests.support.tiny_artifact import write_manifest

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.real_broker("it has no consumer groups of more than one member, and no transactions"),
]


async def tidegate(bench: Bench, *arguments: str, code: int = 0) -> dict[str, Any]:
    """What a command answers."""
    options = ("--brokers", bench.bootstrap, "--prefix", bench.prefix, "--group", bench.prefix, "--json")
    command = [sys.executable, "-m", "streams.cli", *arguments, *options]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 150)
    assert process.returncode == code, (process.returncode, out, err)
    return dict(orjson.loads(out.splitlines()[-1])) if out else {"error": err.decode()}


async def test_of_operators_who_change_at_once_none_overwrites_another_unseen(bench: Bench) -> None:
    """Each writes what it read, or is told and tries again: in the end every change has a revision of its own."""
    await bench.create_topics()
    settings = Settings(brokers=bench.bootstrap, topic_prefix=bench.prefix)

    async def operate(number: int) -> int:
        entry = Control(kind="policy", name="default", content=f"of {number}", by="ci")

        def propose(state: State) -> list[Control]:
            return proposed(state, entry, None, now())

        async with asyncio.timeout(120):
            while True:
                with contextlib.suppress(ConflictError):
                    return (await change(settings, propose)).revision

    assert sorted(await asyncio.gather(*map(operate, range(4)))) == [1, 2, 3, 4]
    active = (await read_state(settings)).get("policy/default")
    assert active is not None
    assert (active.revision, active.expected) == (4, 3)


async def test_a_policy_and_a_model_are_activated_under_load_and_nothing_is_lost(
    bench: Bench, tiny_artifact: Path
) -> None:
    await bench.create_topics(partitions=4)
    first = bench.begin_worker(control="on")
    second = bench.begin_worker(control="on")
    await asyncio.gather(asyncio.to_thread(first.wait_ready), asyncio.to_thread(second.wait_ready))
    await bench.wait_members(2)
    copy = Path(shutil.copytree(tiny_artifact, bench.folder / "copy"))
    write_manifest(copy, version="2026.11.25")
    policy = write_policy(bench.folder, action="limit")
    load = posts(bench.topic("posts"), 4_000, partitions=4)

    sending = asyncio.create_task(bench.send_steadily(load, rate=100))
    await asyncio.sleep(2)
    by_policy = await tidegate(bench, "policy", "activate", str(policy), "--wait", "--as", "ana")
    by_model = await tidegate(bench, "models", "activate", str(copy), "--wait", "--as", "ana", "--note", "better")
    places = await sending
    answers = await bench.answers(places)

    assert [len(said["workers"]["reached"]) for said in (by_policy, by_model)] == [2, 2]
    answers.assert_exactly_once()
    by_partition: dict[int, list[tuple[int, tuple[str, str]]]] = defaultdict(list)
    for each in answers.outputs:
        versions = each.body["model_version"][:10], each.body["policy_version"].split("-")[0]
        by_partition[each.source[1]].append((each.source[2], versions))
    order = [("2026.11.24", "1"), ("2026.11.24", "test"), ("2026.11.25", "test")]
    for found in by_partition.values():
        steps = [order.index(versions) for _, versions in sorted(found)]
        assert steps == sorted(steps), "an author's records went back to a former version"
        assert set(steps) == {0, 1, 2}
    events = await bench.read(["events"])
    trail = [(each.body["kind"], each.body["change"]["by"]) for each in events if each.body["kind"] != "running"]
    assert sorted(trail) == sorted([("requested", "ana")] * 2 + [("activated", "ana")] * 4)


async def test_a_refused_model_is_named_and_a_disabled_task_waits(bench: Bench, tiny_artifact: Path) -> None:
    await bench.create_topics()
    await bench.start_worker(control="on")
    broken = Path(shutil.copytree(tiny_artifact, bench.folder / "broken"))
    golden = broken / "golden.json"
    golden.write_text(golden.read_text().replace("0.98201", "0.5"))
    write_manifest(broken, version="2026.11.26")

    said = await tidegate(bench, "models", "activate", str(broken), "--wait", "--as", "ana", code=1)
    assert ["golden case" in reason for reason in said["workers"]["refused"].values()] == [True]
    conflict = await tidegate(bench, "models", "activate", str(tiny_artifact), "--as", "bo", code=1)
    assert "revision 1 by ana; to replace it say --expect 1" in conflict["error"]

    await tidegate(bench, "tasks", "disable", "symptoms", "--wait", "--as", "ana")
    held = await bench.send(symptom_records(bench.topic("symptoms"), 50))
    others = await bench.send(posts(bench.topic("posts"), 50))
    (await bench.answers(others)).assert_exactly_once()
    await bench.wait_committed(others)
    assert await bench.read(["triage"]) == []
    assert (bench.topic("symptoms"), 0) not in await bench.committed()
    await tidegate(bench, "tasks", "enable", "symptoms", "--wait", "--as", "ana")
    (await bench.answers([*held, *others])).assert_exactly_once()
    await bench.wait_committed([*held, *others])

    status = await tidegate(bench, "models", "status")
    (running,) = status["workers"].values()
    assert running["model_version"].startswith("2026.11.24-")
    assert [each["revision"] for each in running["refused"]] == [1]


async def test_a_killed_worker_comes_back_with_what_is_active(bench: Bench) -> None:
    await bench.create_topics()
    worker = await bench.start_worker(control="on")
    policy = write_policy(bench.folder, action="limit")
    await tidegate(bench, "policy", "activate", str(policy), "--wait", "--as", "ana")
    policy.unlink()
    worker.kill()
    await bench.start_worker(control="on", data_dir=bench.folder / "another")
    places = await bench.send(posts(bench.topic("posts"), 20))
    answers = await bench.answers(places)
    answers.assert_exactly_once()
    assert {each.body["action"] for each in answers.outputs} == {"limit"}


async def test_the_first_change_is_rolled_back_to_what_the_settings_name(bench: Bench) -> None:
    await bench.create_topics()
    await bench.start_worker(control="on")
    policy = write_policy(bench.folder, action="limit")
    await tidegate(bench, "policy", "activate", str(policy), "--wait", "--as", "ana")
    said = await tidegate(bench, "policy", "rollback", "--wait", "--as", "ana")
    assert (said["revision"], said["active"], len(said["workers"]["reached"])) == (2, False, 1)
    answers = await bench.answers(await bench.send(posts(bench.topic("posts"), 20)))
    answers.assert_exactly_once()
    assert {each.body["policy_version"].split("-")[0] for each in answers.outputs} == {"1"}
    again = await tidegate(bench, "policy", "rollback", "--wait", "--as", "ana")
    assert (again["revision"], again["version"], len(again["workers"]["reached"])) == (3, "test", 1)


async def test_that_no_worker_follows_is_told(bench: Bench) -> None:
    await bench.create_topics()
    await bench.start_worker()
    await bench.wait_members(1)
    change = ("tasks", "disable", "symptoms", "--as", "ana")
    options = ("--brokers", bench.bootstrap, "--prefix", bench.prefix, "--group", bench.prefix)
    command = [sys.executable, "-m", "streams.cli", *change, *options]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=120, check=True)
    assert "symptoms: disabled is revision 1" in done.stdout
    assert f"no worker of the group {bench.prefix} follows the control topic" in done.stderr
    await bench.start_worker(control="on")
    await bench.wait_members(2)
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=120, check=True)
    assert ("revision 2" in done.stdout, done.stderr) == (True, "")


async def test_a_model_on_trial_is_compared_and_judges_nobody(bench: Bench, tiny_artifact: Path) -> None:
    await bench.create_topics(partitions=2)
    await bench.start_worker(control="on")
    copy = Path(shutil.copytree(tiny_artifact, bench.folder / "copy"))
    write_manifest(copy, version="2026.11.25")
    await tidegate(bench, "models", "shadow", str(copy), "--share", "100", "--wait", "--as", "ana")
    places = await bench.send(posts(bench.topic("posts"), 200, partitions=2))
    answers = await bench.answers(places)
    answers.assert_exactly_once()
    assert {each.body["model_version"][:10] for each in answers.outputs} == {"2026.11.24"}
    compared = await bench.read(["comparisons"], until=lambda outputs: len(outputs) >= 150)
    assert {each.source for each in compared} <= set(places)

    sending = asyncio.create_task(bench.send_steadily(posts(bench.topic("posts"), 10_000, partitions=2), rate=20))
    meanwhile = await trial_report(bench)
    assert not sending.done(), "what is compared while it is read is not waited for"
    sending.cancel()
    await asyncio.wait([sending])
    await tidegate(bench, "models", "rollback", "--wait", "--as", "ana")
    said = await trial_report(bench)
    assert (said["revision"], said["agreement"]) == (meanwhile["revision"], meanwhile["agreement"]) == (1, 1.0)
    assert said["compared"] >= meanwhile["compared"] >= len(compared)


async def trial_report(bench: Bench) -> dict[str, Any]:
    options = ("--brokers", bench.bootstrap, "--prefix", bench.prefix, "--json")
    report = [sys.executable, "-m", "streams.cli", "models", "report", *options]
    done = await asyncio.to_thread(subprocess.run, report, capture_output=True, text=True, timeout=120, check=True)
    return dict(orjson.loads(done.stdout))
