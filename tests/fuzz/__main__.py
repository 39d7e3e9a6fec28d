"""Looks for bytes that a target fails on, guided by what of the code they reach: `make fuzz`.

    python -m tests.fuzz [TARGET ...] [--seconds N]

Needs atheris (the extra `fuzz`). What it finds worth keeping goes to a folder of its own; bytes on which a target
failed belong in tests/fuzz/corpus/TARGET, where tests/unit/test_corpus.py runs them from then on.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
FOUND = Path("build/fuzz")
_CHILD = """
import sys
import atheris
with atheris.instrument_imports(include=["schemas", "models.text", "models.characters"]):
    from tests.fuzz.targets import TARGETS
atheris.Setup(sys.argv, TARGETS[sys.argv.pop(1)])
atheris.Fuzz()
"""


def main() -> int:
    names = sorted(path.name for path in CORPUS.iterdir())
    parser = argparse.ArgumentParser(description="Coverage-guided fuzzing of what a sender can reach.")
    parser.add_argument("targets", nargs="*", default=names, metavar="TARGET", help=", ".join(names))
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    arguments = parser.parse_args()
    failed = [name for name in arguments.targets if not _ran_clean(name, arguments.seconds)]
    sys.stdout.write(f"{len(arguments.targets) - len(failed)} passed, {len(failed)} failed\n")
    return bool(failed)


def _ran_clean(name: str, seconds: int) -> bool:
    """In a process of its own: libFuzzer ends the one that it runs in."""
    found = FOUND / name
    found.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        "-timeout=10",
        "-rss_limit_mb=2048",
        "-max_len=8192",
        "-print_final_stats=1",
    ]
    command = [
        sys.executable,
        "-c",
        _CHILD,
        name,
        *options,
        f"-artifact_prefix={found}/",
        str(found),
        str(CORPUS / name),
    ]
    return subprocess.run(command, check=False, timeout=seconds + 120).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
