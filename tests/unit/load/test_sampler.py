"""Processor time goes to where a thread stands; what no look sees is told apart."""

import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import models.text
from load.sampler import NATIVE, Account, Sampler, complete, kind_of, read_account
from load.stages import OTHER, STAGES, is_waiting, stage_of, stage_of_file

ROOT = Path(models.text.__file__).parents[2]


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("/x/models/serving/engine.py", "engine"),
        ("/x/models/serving/encoder.py", "tokenise"),
        ("/x/models/serving/anything.py", "batches"),
        ("/x/streams/tasks/outputs.py", "serialise"),
        ("/x/streams/tasks/posts/task.py", "policy"),
        ("/y/site-packages/aiokafka/producer/producer.py", "publish"),
        ("/y/site-packages/aiokafka/conn.py", "aiokafka, the rest"),
        ("/y/site-packages/faust/streams.py", "Faust"),
        ("/x/streams/worker/new_module.py", "the service, the rest"),
        ("/y/lib/python3.11/json/decoder.py", None),
    ],
)
def test_a_file_belongs_to_the_first_stage_that_names_it(path: str, stage: str | None) -> None:
    assert stage_of_file(path) == stage


def test_every_named_file_of_ours_exists() -> None:
    """A module that moved would send its time to another stage without a word."""
    named = [place for _, places in STAGES for place in places if place.startswith(("/models", "/streams", "/schemas"))]

    assert [place for place in named if not (ROOT / place.strip("/")).exists()] == []


def test_what_a_library_does_its_caller_does() -> None:
    """`sorted` calls back into this file, which no stage names; the caller is the cleaning of texts."""
    found: list[str] = []
    source = "def clean(key):\n    return sorted([2, 1], key=key)\n"

    def key(number: int) -> int:
        found.append(stage_of(sys._getframe()))
        return number

    code = compile(source, str(ROOT / "models/text/made_up.py"), "exec")
    space: dict[str, Any] = {}
    exec(code, space)
    space["clean"](key)

    assert set(found) == {"clean the text"}
    assert stage_of(None) == OTHER


def test_a_busy_thread_is_charged_and_a_waiting_one_is_not(tmp_path: Path) -> None:
    sampler, stop = Sampler(tmp_path / "account.json"), threading.Event()

    def work() -> None:
        while not stop.is_set():
            sum(range(1_000))

    threads = [
        threading.Thread(target=work, name="prepare_0"),
        threading.Thread(target=stop.wait, name="decide_0"),
    ]
    for thread in threads:
        thread.start()
    try:
        sampler.look()
        deadline = time.monotonic() + 30
        while "prepare" not in sampler._account.threads and time.monotonic() < deadline:
            time.sleep(0.05)
            sampler.look()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    sampler.write(1.0)

    account = read_account(tmp_path / "account.json")
    assert account.threads["prepare"] > 0
    assert account.threads.get("decide", 0.0) < account.threads["prepare"] / 10
    assert sum(account.stages().values()) == pytest.approx(sum(account.threads.values()))


def test_a_span_is_the_difference_of_two_accounts() -> None:
    before = Account(1.0, 5.0, {"a": 3.0}, {"a": {"engine": 3.0}})
    after = Account(4.0, 9.0, {"a": 6.0}, {"a": {"engine": 5.0, "policy": 1.0}})

    span = complete(after.since(before))

    assert (span.at, span.process_s) == (3.0, 4.0)
    assert span.threads == {"a": 3.0, NATIVE: 1.0}
    assert span.stages() == {"engine": 2.0, "policy": 1.0, NATIVE: 1.0}


def test_what_a_thread_used_before_it_waited_goes_where_its_other_looks_went() -> None:
    """A thread is mostly seen waiting: it lets go of the interpreter there."""
    account = Account()
    account.add("decide", None, 6.0)
    account.add("decide", "policy", 2.0)
    account.add("decide", "serialise", 1.0)
    account.add("engine", "engine", 4.0)
    account.add("idle", None, 0.5)

    assert account.stages() == {
        "policy": pytest.approx(6.0),
        "serialise": pytest.approx(3.0),
        "engine": 4.0,
        OTHER: 0.5,
    }


def test_a_thread_that_waits_is_told_from_one_that_works() -> None:
    event, running = threading.Event(), threading.Event()

    def spin() -> None:
        running.set()
        while not event.is_set():
            sum(range(100))

    threads = [threading.Thread(target=event.wait), threading.Thread(target=spin)]
    for thread in threads:
        thread.start()
    try:
        assert running.wait(10)
        frames = sys._current_frames()
        assert [is_waiting(frames[thread.ident or 0]) for thread in threads] == [True, False]
    finally:
        event.set()
        for thread in threads:
            thread.join()


def test_threads_of_a_pool_are_one_kind() -> None:
    assert [kind_of(name) for name in ("prepare_0", "tidegate-engine", "Thread-7", "12")] == [
        "prepare", "tidegate-engine", "Thread", "unnamed",
    ]  # fmt: skip
