"""A real worker, scraped while it works."""

import asyncio
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.bench import Bench
from tests.support.expositions import assert_is_as_declared, assert_promtool_is_content, families, get, values
from tests.support.records import bad_values, posts, symptom_records
from tests.support.traffic import Draft

pytestmark = pytest.mark.timeout(180)


async def scraped(port: int) -> Mapping[str, float]:
    return values((await asyncio.to_thread(get, port)).text)


async def test_a_worker_under_load_tells_what_it_does_and_how_far_it_is(bench: Bench, tmp_path: Path) -> None:
    await bench.create_topics(partitions=2)
    await bench.start_worker(metrics_port=0, metrics_port_file=tmp_path / "port", dead_letter_max_consecutive=0)
    port = int((tmp_path / "port").read_text())
    assert (await asyncio.to_thread(get, port, "/readyz"))[:2] == (200, "ok\n")
    values_that_are_bad = bad_values()
    drafts = [
        *posts(bench.topic("posts"), 600, partitions=2),
        *symptom_records(bench.topic("symptoms"), 50, partitions=2),
        *(Draft(bench.topic("posts"), next(values_that_are_bad)) for _ in range(5)),
    ]
    sending = asyncio.create_task(bench.send_steadily(drafts, 400))
    await asyncio.sleep(0.8)
    in_work = await scraped(port)
    assert 0 < in_work["tidegate_records_total{task=posts}"] <= 605
    places = await sending
    await bench.answers(places)
    await bench.wait_committed(places)
    await asyncio.sleep(2.5)  # an idle fetch, which learns the end of the log, and a look
    found = await scraped(port)

    assert found["tidegate_settled_total{}"] == len(places)
    assert sum(value for name, value in found.items() if name.startswith("tidegate_dead_letters_total")) == 5
    assert sum(value for name, value in found.items() if name.startswith("tidegate_verdicts_total")) == 650
    assert found["tidegate_verdict_duration_seconds_count{task=posts}"] == 600
    behind = [value for name, value in found.items() if name.startswith("tidegate_lag_records")]
    assert found["tidegate_partitions{}"] == len(behind) >= 4
    assert set(behind) == {0}
    committed = await bench.committed()
    for (topic, partition), offset in committed.items():
        where = f"{{partition={partition},topic={topic}}}"
        assert found[f"tidegate_released_offset{where}"] == offset
        assert found[f"tidegate_lag_records{where}"] == found[f"tidegate_lag_seconds{where}"] == 0
    assert_is_as_declared(await asyncio.to_thread(families, port), "both", "worker")
    await asyncio.to_thread(assert_promtool_is_content, get(port).text)

    bench.workers[0].process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(bench.workers[0].wait_exit, 20) == 0
    with pytest.raises(OSError, match="refused"):
        await scraped(port)
