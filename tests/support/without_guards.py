"""Plays fault scenarios with a guard of the service taken out: each has to miss its pass line.

    python -m tests.support.without_guards [SCENARIO ...]

Works on a copy of the code. Exit 1 if a scenario passes without its guard.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from load.worker_process import ROOT

COPIED = ("load", "models", "schemas", "streams", "tests", "pyproject.toml")
WITHIN_S = 900.0


@dataclass(frozen=True, slots=True)
class Guard:
    """`old` in the file `path` becomes `new`, and then `scenario` has to be missed."""

    scenario: str
    what: str
    path: str
    old: str
    new: str


GUARDS = (
    Guard(
        "kill-9",
        "offsets are committed as soon as a record is read",
        "streams/worker/ledger.py",
        "        page.unsettled += tickets\n",
        "        page.unsettled += tickets\n        page.released = tickets[-1].offset + 1\n",
    ),
    Guard(
        "sigterm",
        "neither drain nor commit at the end",
        "streams/worker/faust_consumer.py",
        "        await self._service.drain()\n        await self.commit_and_end_transactions()\n",
        "        pass\n",
    ),
    Guard(
        "poison-1-percent",
        "a dead letter without its key",
        "streams/pipeline/failures.py",
        'Outgoing("dead-letters", raw.key,',
        'Outgoing("dead-letters", None,',
    ),
    Guard(
        "poison-100-percent",
        "no limit of dead letters",
        "streams/worker/dead_letter_limit.py",
        "        recent = self._recent[partition]\n",
        "        return\n        recent = self._recent[partition]\n",
    ),
    Guard(
        "engine-raises",
        "a batch that fails is not halved",
        "models/serving/isolating.py",
        "            if len(part.items) > 1:",
        "            outcomes += [failure(item, _inference_error(error), batch.formed_at) for item in part.items[1:]]\n"
        "            if False:",
    ),
    Guard(
        "engine-killed",
        "a lost engine is taken for the fault of the records",
        "streams/pipeline/pipeline.py",
        "            if isinstance(outcome.error, EngineLostError):",
        "            if False:",
    ),
    Guard(
        "broker-frozen",
        "the broker is waited for 30 s",
        "streams/worker/life.py",
        "PUBLISH_TIMEOUT_S = 300.0",
        "PUBLISH_TIMEOUT_S = 30.0",
    ),
    Guard(
        "broker-restart",
        "a record that waits for the broker is taken for one that is stuck",
        "streams/worker/watch.py",
        "            if self._watched.sink.waited_s(now) > SLOW_BROKER_S:",
        "            if False:",
    ),
    Guard(
        "odd-time-stamps",
        "any time stamp is believed",
        "streams/worker/overload.py",
        "if one is not None and 0.0 <= one < CLOCK_SKEW_S",
        "if one is not None",
    ),
    Guard(
        "output-too-small",
        "a batch that is too large is not halved",
        "streams/worker/sink.py",
        "            except MessageSizeTooLargeError:\n                self._shrink(taken)\n",
        "",
    ),
    Guard(
        "partitions-added",
        "topics are looked up every five minutes",
        "streams/settings/settings.py",
        'default=30.0, gt=0, le=300, description="How often topics',
        'default=300.0, gt=0, le=300, description="How often topics',
    ),
    Guard(
        "slow-engine",
        "nothing is ever degraded",
        "streams/worker/overload.py",
        "        if self._bound <= 0:",
        "        if True:",
    ),
)


def missed_without(guard: Guard) -> list[str]:
    """What the scenario misses; empty where it passes."""
    with tempfile.TemporaryDirectory(prefix="tidegate-unguarded-") as folder:
        tree = Path(folder)
        take_out(guard, tree)
        command = [sys.executable, "-m", "load", "faults", "--scenario", guard.scenario, "--json"]
        command += ["--report", str(tree / "report")]
        env = {**os.environ, "PYTHONPATH": str(tree)}
        done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, timeout=WITHIN_S, check=False)
        (played,) = json.loads(done.stdout)["scenarios"]
    return [*played["missed"], *(f"{count} {kind}" for kind, count in played["wrong"].items())]


def take_out(guard: Guard, tree: Path) -> None:
    """Copies the code to `tree`, without the guard.

    Raises:
        ValueError: the code has changed, and the guard is not where it was.
    """
    for name in COPIED:
        source = ROOT / name
        shutil.copytree(source, tree / name) if source.is_dir() else shutil.copy(source, tree / name)
    file = tree / guard.path
    text = file.read_text("utf-8")
    if guard.old not in text:
        raise ValueError(f"{guard.path} has no longer what is to be taken out: {guard.what}")
    file.write_text(text.replace(guard.old, guard.new), "utf-8")


def main(names: list[str]) -> int:
    passed = 0
    for guard in GUARDS:
        if names and guard.scenario not in names:
            continue
        missed = missed_without(guard)
        passed += not missed
        print(f"{guard.scenario}: {guard.what}: {'; '.join(missed) or 'PASSED WITHOUT IT'}", flush=True)  # noqa: T201
    return 1 if passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
