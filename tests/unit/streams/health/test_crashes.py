"""Nothing that a process prints when it fails quotes a record, however it fails."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
SECRET = "zebrafinch"
LOG_FORMATS = ("text", "json")
IMPORTS = """
import asyncio, faulthandler, gc, json, logging, os, resource, sys, threading
from mode import Service
from streams.health.crashes import keep_quiet, of_loop
from streams.health.logs import configure_logging
from streams.settings import Settings
"""
START = f"""
configure_logging(Settings(log_level="DEBUG", log_format=log_format))
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


FORKING = """
for name, log_format, code in json.loads(sys.argv[1]):
    if (child := os.fork()) == 0:
        log = os.open(name, os.O_WRONLY | os.O_CREAT)
        os.dup2(log, 1)
        os.dup2(log, 2)
        exec(code)
        sys.exit()
    os.waitpid(child, 0)
"""
"""Importing takes far longer than failing: one interpreter imports, each program goes on as a process of its own."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], str]:
    """All that processes print, by the way in which they fail and the format of their logs."""
    folder = tmp_path_factory.mktemp("told")
    logs = {(way, log_format): folder / f"{n}-{log_format}" for n, way in enumerate(WAYS) for log_format in LOG_FORMATS}
    programs = [(str(log), log_format, START + WAYS[way]) for (way, log_format), log in logs.items()]
    command = [sys.executable, "-c", IMPORTS + FORKING, json.dumps(programs)]
    subprocess.run(command, check=True, timeout=100, cwd=ROOT)
    return {which: log.read_text("utf-8") for which, log in logs.items()}


@pytest.mark.parametrize("log_format", LOG_FORMATS)
@pytest.mark.parametrize("way", WAYS)
def test_it_tells_where_and_not_what(way: str, log_format: str, told: Mapping[tuple[str, str], str]) -> None:
    assert "ValueError" in told[way, log_format], "it does tell that something failed"
    assert SECRET not in told[way, log_format]


def test_no_core_is_written() -> None:
    check = "\nassert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0"
    program = f"{IMPORTS}\nlog_format = 'text'{START}{check}"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
