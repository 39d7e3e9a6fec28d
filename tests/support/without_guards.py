"""Takes one guard after the other out of a copy of the code: what is there to show it has to fail then.

    python -m tests.support.without_guards [SCENARIO or TEST ...]

Prints the rows of the tables in docs/faults.md. Exit 1 if something passes without its guard, or fails for another
reason. Each scenario plays on a real Kafka: all of them take about an hour.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from load.worker_process import ROOT
from tests.support.guards import GUARDS, Guard
from tests.support.trap_guards import TRAPS

COPIED = ("load", "models", "schemas", "streams", "tests", "pyproject.toml")
WITHIN_S = 900.0


def missed_without(guard: Guard) -> list[str]:
    """What fails without it, in words; empty where all passes.

    Raises:
        ValueError: the code has changed, and the guard is not where it was.
        subprocess.TimeoutExpired: it takes longer than any scenario should.
    """
    with tempfile.TemporaryDirectory(prefix="tidegate-unguarded-") as folder:
        tree = Path(folder)
        take_out(guard, tree)
        return _failures(guard, tree) if "::" in guard.shown_by else _misses(guard, tree)


def take_out(guard: Guard, tree: Path) -> None:
    """Copies the code to `tree`, without the guard."""
    for name in COPIED:
        source = ROOT / name
        shutil.copytree(source, tree / name) if source.is_dir() else shutil.copy(source, tree / name)
    file = tree / guard.path
    text = file.read_text("utf-8")
    if text.count(guard.old) != 1:
        raise ValueError(f"{guard.path} has no longer what is to be taken out: {guard.what}")
    file.write_text(text.replace(guard.old, guard.new), "utf-8")


def _misses(guard: Guard, tree: Path) -> list[str]:
    done = _run(tree, "load", "faults", "--scenario", guard.shown_by, "--json", *guard.bounds)
    if not done.stdout:
        raise RuntimeError(f"{guard.shown_by} was not played:\n{done.stderr[-2000:]}")
    (played,) = json.loads(done.stdout)["scenarios"]
    said = [each.partition("\n")[0] for each in played["missed"]]  # behind it come logs
    return [*said, *(f"{count} {kind}" for kind, count in played["wrong"].items())]


def _failures(guard: Guard, tree: Path) -> list[str]:
    done = _run(tree, "pytest", "-q", "-p", "no:cacheprovider", "--tb=line", guard.shown_by)
    if done.returncode > 1:  # it was not even run
        raise RuntimeError(f"{guard.shown_by} was not run:\n{done.stdout[-2000:]}")
    return [
        line.removeprefix("E ").strip()
        for line in done.stdout.splitlines()
        if done.returncode and line.startswith("E ")
    ]


def _run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(tree)}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=tree,
        env=env,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )


def main(names: Sequence[str]) -> int:
    unnoticed = 0
    for guard in (*TRAPS, *GUARDS):
        if names and not {guard.shown_by, _name(guard)} & {*names}:
            continue
        missed = missed_without(guard)
        noticed = any(guard.misses in each for each in missed)
        unnoticed += not noticed
        said = "; ".join(missed) or "passed"
        row = _name(guard), guard.what, said if noticed else f"NOT NOTICED: {said}"
        print("| `{}` | {} | {} |".format(*row), flush=True)  # noqa: T201
    return 1 if unnoticed else 0


def _name(guard: Guard) -> str:
    return guard.shown_by.rpartition("::")[2]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
