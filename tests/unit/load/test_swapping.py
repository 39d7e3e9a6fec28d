"""What records paid for a change of what is active, from when they were due and answered."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from load.arrivals import constant
from load.commands.swap import account
from load.measure import Answer, Measurement
from load.swapping import Swap, Versions, other_model, other_policy, price_of, worst_second
from models.artifact import read_manifest
from models.errors import TidegateError
from streams.control.candidate import load_candidate
from streams.policy import Policy
from streams.settings import Settings

START = 1000.0
RATE = 100
STALL = (20.0, 23.0)
"""Nothing was answered between, all of it at its end."""


def measured(stall: tuple[float, float] = STALL, latency_s: float = 0.1) -> Measurement:
    """Forty seconds, answered a tenth of a second after they were due but for a stall."""
    schedule = constant(RATE, 40.0)
    found = Measurement(schedule, START)
    for number, due in enumerate(schedule):
        at = float(due) + latency_s
        found.add(Answer(number, "labels", START + (stall[1] if stall[0] <= at < stall[1] else at)))
    return found


def test_a_swap_without_a_stall_costs_nothing() -> None:
    swap = Swap("policy", 15.0, "m1 p1", new_s=20.0, old_s=20.5)
    price = price_of(swap, measured((0.0, 0.0)), 10.0, 35.0)
    assert price.p99_before == pytest.approx(100.0)
    assert price.p99_swap == pytest.approx(100.0)
    assert price.back_s == 0.0
    assert account(swap, price)["met"] is True


def test_a_stall_is_in_the_p99_of_the_second_and_in_how_long_throughput_was_away() -> None:
    swap = Swap("model", 15.0, "m1 p1", new_s=20.0, old_s=23.0)
    price = price_of(swap, measured(), 10.0, 35.0)
    assert price.p99_before == pytest.approx(100.0)
    assert 2_900 < price.p99_swap <= 3_100
    assert 2.5 <= price.back_s <= 3.5
    assert account(swap, price)["met"] is False


def test_what_is_slow_while_the_candidate_loads_is_said_beside_it() -> None:
    swap = Swap("model", 15.0, "m1 p1", new_s=30.0, old_s=30.0)
    price = price_of(swap, measured(), 10.0, 39.0)
    assert price.p99_swap == pytest.approx(100.0)
    assert 2_900 < price.p99_asked <= 3_100


def test_the_worst_second_is_found_wherever_it_begins() -> None:
    assert worst_second(measured((20.3, 20.6)), 18.0, 25.0) > 350.0
    assert worst_second(measured((0.0, 0.0)), 10.0, 10.0) == pytest.approx(100.0), "at least one second is looked at"


def test_versions_are_told_by_their_first_and_last_verdict() -> None:
    versions = Versions(Measurement(constant(RATE, 1.0), START), START)
    with pytest.raises(TidegateError, match="No verdict came"):
        _ = versions.latest
    for number, (at, version) in enumerate([(1.0, "m p1"), (2.0, "m p1"), (2.5, "m p2"), (3.0, "m p1"), (4.0, "m p2")]):
        versions.take(Answer(number, "labels", START + at, version=version))
    versions.take(Answer(9, "dead-letters", START + 5))
    assert versions.seen == {"m p1": (1.0, 3.0), "m p2": (2.5, 4.0)}
    assert versions.latest == "m p2"


def test_what_is_swapped_in_differs_by_its_version_alone(tiny_artifact: Path, tmp_path: Path) -> None:
    policy, model = other_policy(), other_model(tiny_artifact, tmp_path / "other")
    text = policy.content or ""
    assert Policy.parse(text.encode(), "other").model_copy(update={"version": "1"}) == Policy.load()
    assert policy.digest == sha256(text.encode()).hexdigest()
    known, other = read_manifest(tiny_artifact), read_manifest(tmp_path / "other")
    assert (other.full_version, other.files) == (model.version, known.files)
    assert other.full_version != known.full_version
    settings = Settings(artifact=tiny_artifact, device="cpu", threads=1, data_dir=tmp_path / "data")
    taken = load_candidate(settings, model.model_copy(update={"revision": 1}), None)
    assert taken.model.artifact.version == other.full_version, "a worker takes it"
