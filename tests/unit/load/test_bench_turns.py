"""Turns: the same records for everyone, backlogs as long as was asked, nobody left out in silence."""

import sys
from pathlib import Path

import pytest

from load.bench.contestants import ONE, ONE_CASCADE, STREAMS, Contestant, Group, contestants, missing
from load.bench.running import why
from load.bench.turns import FIRST, MOST, WARM_S, Texts, command_of, next_size
from load.capacity import Sample, summarise_drain
from load.commands.bench import is_wanted
from load.session import Session, Setup
from load.worker_process import Worker, WorkerFailed


def test_everyone_gets_the_same_records_however_many() -> None:
    texts = Texts(seed=3)
    for stream in STREAMS:
        first = list(texts.take(stream, 0, 50))
        assert list(texts.take(stream, 0, 80))[:50] == first
        assert list(texts.take(stream, 50, 30)) == list(texts.take(stream, 0, 80))[50:]
        assert first == list(Texts(seed=3).take(stream, 0, 50))


@pytest.mark.parametrize("rate", [20.0, 900.0, 5_000.0, 80_000.0])
def test_a_warm_up_ends_after_a_few_backlogs(rate: float) -> None:
    size, sizes = FIRST, [FIRST]
    while size / rate < WARM_S and size < MOST:
        size = next_size(size, size / rate)
        sizes.append(size)

    assert len(sizes) <= 5
    assert sizes == sorted(set(sizes))
    assert size <= MOST
    assert size / rate < 10 * WARM_S


def test_all_take_part_and_each_has_a_name_of_its_own() -> None:
    everyone = contestants(2, None)
    names = [one.name for one in everyone]

    assert len(set(names)) == len(names)
    assert names.index(ONE) < names.index(ONE_CASCADE)
    assert sum(one.group is Group.PEER for one in everyone) == 8
    assert {one.workers for one in everyone} == {1, 2}
    assert {one.workers for one in contestants(1, None)} == {1}


def test_a_missing_package_is_named() -> None:
    one = Contestant("x", Group.PEER, module="m", needs=("orjson", "no_such_package_here"))

    assert missing(one) == ["no_such_package_here"]


def test_another_interpreter_is_asked_for_its_packages(tmp_path: Path) -> None:
    own = tmp_path / "python"
    own.symlink_to(sys.executable)
    there = Contestant("x", Group.PEER, module="m", needs=("json", "no_such_package_here"), python=str(own))
    nowhere = Contestant("x", Group.PEER, module="m", needs=("json",), python=str(tmp_path / "none"))

    assert missing(there) == ["no_such_package_here"]
    assert missing(nowhere) == ["json"]


def test_every_alternative_can_read_its_command_line(tmp_path: Path) -> None:
    from load.peers.arguments import read_arguments

    session = Session(Setup(threads=3), "b:1", "p", tmp_path)
    for one in contestants(1, None):
        if one.module:
            given = read_arguments(command_of(one, session)[3:])
            assert (given.threads, given.prefix, given.device) == (3, "p", "cpu")


def test_a_peer_that_does_not_become_ready_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever closes the session kills its workers, so it has to know of this one."""

    def never(worker: Worker, within_s: float) -> Worker:
        raise WorkerFailed("it did not become ready")

    monkeypatch.setattr(Worker, "wait_ready", never)
    session = Session(Setup(), "b:1", "p", tmp_path)
    with pytest.raises(WorkerFailed):
        session.start_peer([sys.executable, "-c", "import time; time.sleep(60)"])
    (worker,) = session.workers
    worker.kill()


def test_only_leaves_tidegate_in() -> None:
    assert is_wanted("Quix Streams", "")
    assert is_wanted("Quix Streams", "quix, torch")
    assert is_wanted("Tidegate, 2 workers", "quix")
    assert not is_wanted("bare hop, aiokafka", "quix, torch")


def test_a_failure_is_told_in_a_line() -> None:
    assert why(RuntimeError("it ended (2)\nTraceback\nValueError: no model")) == "it ended (2) ... ValueError: no model"
    assert why(RuntimeError("alone")) == "alone"
    assert why(RuntimeError()) == "RuntimeError"


def test_a_drain_accounts_for_broker_and_sender() -> None:
    """At 1,000 a second: the worker takes 0.8 of a core, the broker 0.2, the sender 0.1, of two."""
    samples = [Sample(0.1 * i, 2_000, 100 * i, 0.08 * i, 0.02 * i, 0.01 * i) for i in range(21)]

    drained = summarise_drain(samples)

    assert drained.rate == pytest.approx(1_000)
    assert (drained.cpu_us, drained.broker_us, drained.sender_us) == pytest.approx((800, 200, 100))
    assert drained.share_of_others(cores=2) == pytest.approx(0.15)
