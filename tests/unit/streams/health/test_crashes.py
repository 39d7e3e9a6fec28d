"""Nothing that a process prints when it fails quotes a record, however it fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SECRET = "zebrafinch"
START = f"""
import asyncio, faulthandler, gc, logging, resource, sys, threading
from mode import Service
from streams.health.crashes import keep_quiet, of_loop
from streams.health.logs import configure_logging
from streams.settings import Settings
configure_logging(Settings(log_level="DEBUG", log_format=sys.argv[1]))
keep_quiet()
faulthandler.enable()
def fail(text="{SECRET}"):
    raise ValueError(text, {{"text": text}})
async def afail():
    fail()
async def main():
    asyncio.get_running_loop().set_exception_handler(of_loop)
    await body()
"""

WAYS = {
    "nobody caught it": "fail()",
    "in a thread": "t = threading.Thread(target=fail); t.start(); t.join()",
    "in a finaliser": "class Bad:\n    def __del__(self): fail()\nBad(); gc.collect()",
    "in a task that nobody awaits": (
        "async def body():\n    asyncio.create_task(afail())\n    await asyncio.sleep(0.01)\n    gc.collect()\n"
        "asyncio.run(main())"
    ),
    "in a callback": (
        "async def body():\n    asyncio.get_running_loop().call_soon(fail)\n    await asyncio.sleep(0.01)\n"
        "asyncio.run(main())"
    ),
    "in a service of the libraries": (
        "class One(Service):\n"
        "    @Service.task\n"
        "    async def work(self): fail()\n"
        "async def body():\n    one = One()\n    await one.start()\n"
        "    await asyncio.sleep(0.1)\n    await one.stop()\n"
        "asyncio.run(main())"
    ),
    "as what a line is about": (
        "try: fail()\nexcept ValueError as error:\n"
        "    logging.getLogger('mode.x').error('Crashed reason=%r', error)\n"
        "    logging.getLogger('mode.x').error('%(why)s', {'why': error})\n"
        "    future = asyncio.new_event_loop().create_future(); future.set_exception(error); future.exception()\n"
        "    logging.getLogger('mode.x').error('Cancelled task %r', future)"
    ),
}  # fmt: skip


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("way", WAYS)
def test_it_tells_where_and_not_what(way: str, log_format: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", START + WAYS[way], log_format],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=Path(__file__).parents[4],
    )
    told = done.stdout + done.stderr
    assert "ValueError" in told, "it does tell that something failed"
    assert SECRET not in told


def test_no_core_is_written() -> None:
    check = "\nassert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0"
    subprocess.run([sys.executable, "-c", START + check, "text"], check=True, cwd=Path(__file__).parents[4])
