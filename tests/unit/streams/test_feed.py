"""Items from a source that may have nothing to say, on an event loop that has to end all the same."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.feed import fed


async def all_of(source: Iterator[int]) -> list[int]:
    return [item async for item in fed(source)]


def test_items_come_in_order_and_end() -> None:
    assert asyncio.run(all_of(iter(range(500)))) == list(range(500))
    assert asyncio.run(all_of(iter(()))) == []


def test_what_the_source_raises_is_raised() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        asyncio.run(all_of(failing()))


def test_no_more_than_one_item_is_read_ahead() -> None:
    taken: list[int] = []

    def counting() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    async def first_three() -> None:
        source = fed(counting())
        for _ in range(3):
            await anext(source)
        await asyncio.sleep(0.1)
        assert len(taken) <= 5, "the one that is asked for, and one that waits"
        await source.aclose()  # type: ignore[attr-defined]

    asyncio.run(first_three())
    assert len(taken) <= 5


def test_a_loop_ends_while_the_source_says_nothing() -> None:
    silent = threading.Event()

    def waiting() -> Iterator[int]:
        silent.wait(30)
        yield 1

    async def interrupted() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(all_of(waiting()), 0.1)

    asyncio.run(asyncio.wait_for(interrupted(), 5))
    silent.set()


def test_an_interrupt_ends_a_command_that_waits_for_standard_input(tmp_path: Path) -> None:
    script = tmp_path / "waits.py"
    script.write_text(
        "from pathlib import Path\n"
        "import typer\n"
        "from streams.cli.score import open_lines\n"
        "from streams.cli.terminal import reporting, run\n"
        "from streams.feed import fed\n"
        "async def echo(lines):\n"
        "    async for line in fed(lines):\n"
        "        print(line.decode(), end='', flush=True)\n"
        "def main():\n"
        "    with reporting(), open_lines(Path('-')) as lines:\n"
        "        run(echo(lines))\n"
        "typer.run(main)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, script], env=environment, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(b"one\n")
            process.stdin.flush()
            assert process.stdout.readline() == b"one\n"
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
            assert process.stderr is not None
            assert process.stderr.read() == b""
        finally:
            process.kill()
