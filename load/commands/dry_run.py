"""`dry-run`: how long `tidegate policy dry-run` takes over stored verdicts, on one core."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import orjson
import typer

from load.environment import describe_environment
from load.options import ArtifactPath, Bed, Brokers, Json, Partitions, Reports, Seed, command_line, finish
from load.producing import Batches, producing
from load.report import Report, new_folder
from load.session import Session, Setup, sessions
from load.texts import Payload
from load.verdicts import write_verdicts
from models.artifact import Artifact, read_manifest
from models.errors import TidegateError
from models.folders import RELEASE
from streams.policy import POLICY

WHOLE = 10_000_000
TARGET_S = 600.0
RULES = 50
AT_ONCE = 2_000
WITHIN_S = 3_600.0
Stored = Sequence[tuple[Payload, int]]


@dataclass(frozen=True, slots=True)
class Took:
    """One dry run, its start included. `processor_s`: of all its threads."""

    verdicts: int
    changed: int
    seconds: float
    processor_s: float


def dry_run(
    verdicts: Annotated[int, typer.Option(min=1_000, help="that lie in the file and in the topic")] = 200_000,
    partitions: Partitions = 4,
    brokers: Brokers = None,
    no_kafka: Annotated[bool, typer.Option("--no-kafka", help="of a file alone")] = False,
    artifact: ArtifactPath = RELEASE,
    seed: Seed = 1,
    reports: Reports = Path("reports"),
    as_json: Json = False,
) -> None:
    """How fast `tidegate policy dry-run` judges stored verdicts on one core, and what ten million would take."""
    setup = Bed(brokers, artifact).setup(1, partitions, None)
    finish(measure(setup, verdicts, not no_kafka, seed, reports, command_line()), as_json)


async def measure(setup: Setup, verdicts: int, has_kafka: bool, seed: int, reports: Path, command: str) -> Report:
    """Raises TidegateError: a dry run did not end well, or judged other verdicts than it was given."""
    report = Report(f"Dry run over {verdicts:,} verdicts", command, describe_environment(setup))
    stored = list(write_verdicts(verdicts, Artifact(setup.artifact, read_manifest(setup.artifact)), seed))
    with tempfile.TemporaryDirectory(prefix="tidegate-load-") as name:
        folder = Path(name)
        policies = {count: changed_policy(folder, count) for count in (0, RULES)}
        found = await _from_file(setup, policies, stored, folder)
        if has_kafka:
            found |= await _from_topic(setup, policies, stored, folder)
    report.data |= {"verdicts": verdicts, "whole": WHOLE, "target_s": TARGET_S, "runs": summarise(found)}
    report.table(
        ["verdicts", "s", "processor s", "a second", f"min for {WHOLE:,}", "min of processor", "differ"],
        [(name, *one.values()) for name, one in report.data["runs"].items()],
    )
    where = "on one core" if hasattr(os, "sched_setaffinity") else "on any core"
    report.say(
        f"The command itself, in a process {where}. Its start, measured over no verdicts, is taken off; what "
        f"{WHOLE:,} would take is arithmetic, with the start added. Target: {TARGET_S / 60:g} minutes. The processor's "
        "time is what it would take with the core to itself, reading and unpacking included."
    )
    report.write(new_folder(reports, "dry-run"))
    return report


def summarise(found: Mapping[str, tuple[Took, Took]]) -> dict[str, dict[str, float]]:
    """Each run beside one over nothing: its rate, and what ten million would take."""
    runs = {}
    for name, (start, took) in found.items():
        seconds, processor_s = took.seconds - start.seconds, took.processor_s - start.processor_s
        runs[name] = {
            "seconds": round(seconds, 2),
            "processor_s": round(processor_s, 2),
            "per_s": round(took.verdicts / seconds),
            "minutes_for_whole": round((start.seconds + WHOLE * seconds / took.verdicts) / 60, 2),
            "minutes_by_processor": round((start.processor_s + WHOLE * processor_s / took.verdicts) / 60, 2),
            "changed": took.changed,
        }
    return runs


def changed_policy(folder: Path, rules: int) -> Path:
    """The packaged policy with more of spam, and rules that ask for scores and languages alone."""
    text = POLICY.read_text("utf-8").replace("spam = { other = 0.95 }", "spam = { en = 0.3, other = 0.95 }", 1)
    for number in range(rules):
        lang, low = ("en", "zh")[number % 2], 0.5 + number / 125
        text += (
            f'\n[[rules]]\nname = "rule-{number}"\nowner = "load"\nmode = "on"\n'
            f'when.all = [{{ label = "insult", at_least = {low:g} }}, {{ lang = "{lang}" }}, '
            f'{{ not = {{ label = "hate", at_least = 0.9 }} }}]\nthen.action = "limit"\n'
            f'must_match = [{{ scores = {{ insult = 0.99 }}, lang = "{lang}" }}]\nmust_not_match = ["nothing"]\n'
        )
    path = folder / f"policy-{rules}.toml"
    path.write_text(text, "utf-8")
    return path


async def _from_file(
    setup: Setup, policies: Mapping[int, Path], stored: Stored, folder: Path
) -> dict[str, tuple[Took, Took]]:
    full, empty = folder / "verdicts.jsonl", folder / "nothing.jsonl"
    empty.touch()
    with full.open("wb") as lines:
        lines.writelines(payload.value + b"\n" for payload, _ in stored)
    return {
        f"file, {rules} rules": (
            await _timed(setup, policy, 0, "--file", str(empty)),
            await _timed(setup, policy, len(stored), "--file", str(full)),
        )
        for rules, policy in policies.items()
    }


async def _from_topic(
    setup: Setup, policies: Mapping[int, Path], stored: Stored, folder: Path
) -> dict[str, tuple[Took, Took]]:
    async with sessions(setup) as opened, opened.open() as nothing, opened.open() as session:
        await _publish(session, stored)
        return {
            f"topic, {rules} rules": (
                await _timed(setup, policy, 0, *_place(nothing)),
                await _timed(setup, policy, len(stored), *_place(session)),
            )
            for rules, policy in policies.items()
        }


def _place(session: Session) -> tuple[str, ...]:
    return "--brokers", session.bootstrap, "--prefix", session.prefix


async def _publish(session: Session, stored: Stored) -> None:
    """As workers do, under the author: over the hours of yesterday."""
    midnight = int(time.time()) // 86_400 * 86_400 - 86_400
    async with producing(session.bootstrap) as producer:
        batches = Batches(producer, session.prefix, session.setup.partitions)
        for first in range(0, len(stored), AT_ONCE):
            chunk = stored[first : first + AT_ONCE]
            due_ms = [1000 * (midnight + second) for _, second in chunk]
            acks = await batches.send([payload for payload, _ in chunk], due_ms)
            await asyncio.wait_for(asyncio.gather(*acks), 60)


async def _timed(setup: Setup, policy: Path, verdicts: int, *where: str) -> Took:
    command = [sys.executable, "-m", "streams.cli", "policy", "dry-run", "--policy", str(policy)]
    command += ["--artifact", str(setup.artifact), "--json", *where]
    began, before = time.monotonic(), os.times()
    done = await asyncio.to_thread(_on_one_core, command)
    seconds, after = time.monotonic() - began, os.times()
    report = orjson.loads(done.stdout) if done.returncode == 0 else {}
    if report.get("verdicts") != verdicts:
        judged = f"judged {report.get('verdicts')} of {verdicts} verdicts"
        raise TidegateError(f"The dry run ended with {done.returncode} and {judged}: {done.stderr[-500:].decode()}")
    used_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Took(verdicts, report["changed"], seconds, used_s)


def _on_one_core(command: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    """What it starts inherits where it may run. Only this thread is bound, so nothing else here is."""
    with _bound():
        return subprocess.run(command, capture_output=True, timeout=WITHIN_S, check=False)


@contextmanager
def _bound() -> Iterator[None]:
    if not hasattr(os, "sched_setaffinity"):  # Linux alone has it
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
