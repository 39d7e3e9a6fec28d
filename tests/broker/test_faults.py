"""The short form of `python -m load faults`: a few of its scenarios, smaller still. What they measure is not judged."""

from dataclasses import replace
from pathlib import Path

import pytest

from load.faults.running import Result, play
from load.faults.scenario import Size
from load.faults.scenarios import SCENARIOS
from load.faults.world import Ground

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.real_broker("it has no consumer groups of more than one member"),
]


async def played(name: str, size: Size, kafka: str, artifact: Path, **changes: object) -> Result:
    scenario = replace(SCENARIOS[name], **changes)  # type: ignore[arg-type]
    result = await play(scenario, size, seed=1, artifact=artifact, ground=Ground(kafka))
    facts, events = dict(result.account.facts), [event.what for event in result.diary.events]
    assert not result.account.findings.wrong, (str(result.account.findings), facts, events)
    assert facts["left"] == 0, (facts, events)
    assert not [missed for missed in result.missed if "played to its end" in missed], result.missed
    return result


async def test_kill_9_twice_loses_nothing(kafka: str, tiny_artifact: Path) -> None:
    size = Size(records=2_000, rate=300, times=2, seconds=3)
    result = await played("kill-9", size, kafka, tiny_artifact, partitions=4)
    assert len(result.diary.kills) == 2
    assert result.account.facts["ended_unasked"] == 0


async def test_sigterm_in_full_flow_repeats_nothing(kafka: str, tiny_artifact: Path) -> None:
    size = Size(1_000, 500, times=1, seconds=1)
    patient = {"drain_s": 12}  # one that is cut short repeats what it had begun: beside other tests 3 s were too few
    result = await played("sigterm", size, kafka, tiny_artifact, partitions=4, settings=patient)
    assert result.account.facts["repeats"] == 0
    assert result.account.facts["bad_exits"] == 0


async def test_a_rolling_restart_loses_nothing(kafka: str, tiny_artifact: Path) -> None:
    size = Size(records=1_000, rate=200, seconds=0.5)
    result = await played("rolling-restart", size, kafka, tiny_artifact, partitions=4, workers=2)
    assert result.account.facts["bad_exits"] == 0


async def test_dead_letters_are_exactly_the_poison(kafka: str, tiny_artifact: Path) -> None:
    size = Size(records=2_000, rate=1_000)
    result = await played("poison-1-percent", size, kafka, tiny_artifact, partitions=4, workers=1, bad_share=0.05)
    assert 50 < result.account.facts["dead_letters"] < 200
    assert result.account.facts["repeats"] == 0


async def test_nothing_but_poison_stops_the_worker(kafka: str, tiny_artifact: Path) -> None:
    result = await played("poison-100-percent", Size(500, 500), kafka, tiny_artifact)
    assert result.account.facts["stopped_with"] == 1
    assert result.account.facts["letters_at_the_stop"] <= 100
