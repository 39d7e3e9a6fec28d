"""The figures of reviews, published while reviews and verdicts come in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from load.kafka.admin import add_partitions
from load.worker_process import WorkerFailed
from schemas import Quality
from schemas.examples import POST_VERDICT
from streams.cli.app import build_app
from tests.support.bench import Bench
from tests.support.expositions import assert_is_as_declared, assert_promtool_is_content, families, get, values
from tests.support.traffic import Draft

pytestmark = pytest.mark.timeout(180)

OPTIONS = ("--window", "1h", "--every", "1s")
PARTITIONS = 2


def verdicts(bench: Bench, numbers: Iterable[int], age_s: float, partitions: int = PARTITIONS) -> list[Draft]:
    """Three in four are acted on; a quarter of the others is drawn."""
    return [
        draft(bench, "labels", number, age_s, partitions, {
            **POST_VERDICT, "id": f"v{number}", "post_id": f"p{number}", "lang": ("en", "zh", "other")[number % 3],
            "action": ("limit", "review", "remove", "allow")[number % 4], "sampled": number % 16 == 3,
        })
        for number in numbers
    ]  # fmt: skip


def reviews(bench: Bench, numbers: Iterable[int], age_s: float, reviewer: str = "ana") -> list[Draft]:
    return [
        draft(bench, "reviews", number, age_s, PARTITIONS, {
            "verdict_id": f"v{number}", "post_id": f"p{number}", "reviewer": reviewer,
            "action": "allow" if number % 5 == 0 else "remove", "labels": ["toxicity"],
        })
        for number in numbers
    ]  # fmt: skip


def draft(bench: Bench, kind: str, number: int, age_s: float, partitions: int, body: Mapping[str, Any]) -> Draft:
    sent_at = int((time.time() - age_s) * 1000)
    return Draft(bench.topic(kind), orjson.dumps(body), partition=number % partitions, timestamp_ms=sent_at)


async def published(bench: Bench) -> Mapping[str, Any]:
    """The first message of a look that began after now."""
    asked_at = datetime.now().astimezone()

    def fresh(outputs: Sequence[Any]) -> list[Any]:
        return [each for each in outputs if datetime.fromisoformat(each.body["until"]) > asked_at]

    outputs = fresh(await bench.read(["quality"], until=lambda so_far: bool(fresh(so_far))))
    assert [each.key for each in outputs[:1]] == [b"posts"]
    Quality.model_validate(outputs[0].body)
    return dict(outputs[0].body)


async def assert_is_the_report(bench: Bench, message: Mapping[str, Any]) -> None:
    """As `tidegate reviews report` counts the same time."""
    given = [
        "--brokers",
        bench.bootstrap,
        "--prefix",
        bench.prefix,
        "--from",
        message["since"],
        "--to",
        message["until"],
    ]
    done = await asyncio.to_thread(CliRunner().invoke, build_app(), ["reviews", "report", "--json", *given])
    assert done.exit_code == 0, done.output
    expected = orjson.loads(done.stdout)
    del expected["agreement"]["pairs"]
    own = {"schema_version", "id", "task", "since", "until", "complete", "figures"}
    said = {name: value for name, value in message.items() if name not in own}
    assert {**said, **message["figures"]} == expected


async def test_they_are_those_of_the_report_and_nothing_is_lost_or_counted_twice(bench: Bench, tmp_path: Path) -> None:
    await bench.create_topics(partitions=PARTITIONS)
    await bench.send([
        *verdicts(bench, range(100), age_s=7200), *verdicts(bench, range(100, 200), age_s=600),
        *reviews(bench, range(50, 150), age_s=60), Draft(bench.topic("reviews"), b"no review"),
    ])  # fmt: skip
    assessor = await bench.start_assessor(*OPTIONS, metrics_port=0, metrics_port_file=tmp_path / "port")
    message = await published(bench)
    assert (message["figures"]["verdicts"], message["figures"]["reviewed"]) == (100, 50)
    assert (message["reviews"], message["without_verdict"], message["unreadable"]) == (100, 50, 1)
    assert message["complete"]
    assert set(message["languages"]) == {"en", "zh", "other"}
    await assert_is_the_report(bench, message)

    await bench.send([*verdicts(bench, range(200, 240), 0), *reviews(bench, range(150, 240), 0, reviewer="ben")])
    message = await published(bench)
    assert (message["figures"]["verdicts"], message["figures"]["reviewed"]) == (140, 140)
    await assert_is_the_report(bench, message)
    port = int((tmp_path / "port").read_text())
    assert_is_as_declared(await asyncio.to_thread(families, port), "assessor")
    exposition = (await asyncio.to_thread(get, port)).text
    assert_promtool_is_content(exposition)
    assert values(exposition)["tidegate_reviewed_verdicts{lang=all,task=posts}"] == 140

    assessor.kill()
    await bench.send([*verdicts(bench, range(240, 250), 0), *reviews(bench, range(100, 110), 0, reviewer="ben")])
    again = await bench.start_assessor(*OPTIONS)
    message = await published(bench)
    assert (message["figures"]["verdicts"], message["figures"]["agreement"]["items"]) == (150, 10)
    await assert_is_the_report(bench, message)

    await bench.start_assessor(*OPTIONS)
    both = [await published(bench) for _ in range(3)]
    assert [one["figures"] for one in both] == [message["figures"]] * 3, "of two processes, each tells all"
    assert again.stop() == 0


@pytest.mark.real_broker("it cannot add partitions")
async def test_new_partitions_are_read_and_no_other_once_more(bench: Bench) -> None:
    await bench.create_topics(partitions=1)
    await bench.send(verdicts(bench, range(20), 0, partitions=1))
    await bench.start_assessor(*OPTIONS, metadata_max_age_s=4)
    assert (await published(bench))["figures"]["verdicts"] == 20

    await add_partitions(bench.bootstrap, bench.topic("labels"), 3)
    await bench.send(verdicts(bench, range(20, 50), 0, partitions=3))
    deadline = time.monotonic() + 40
    while (seen := (await published(bench))["figures"]["verdicts"]) < 50:
        assert time.monotonic() < deadline, seen
    assert [(await published(bench))["figures"]["verdicts"] for _ in range(3)] == [50] * 3


async def test_without_its_topics_it_ends_and_says_which(bench: Bench) -> None:
    with pytest.raises(WorkerFailed, match=r"ended \(1\)(?s:.*)labels does not exist"):
        await bench.start_assessor(*OPTIONS)
