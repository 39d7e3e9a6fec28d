"""What a commit's message may be, by the hook that .pre-commit-config.yaml names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
HOOK = ROOT / ".ci/subject"


@pytest.mark.parametrize(
    ("message", "refused"),
    [
        ("Short", False),
        ("a" * 71 + "\n\n" + "b" * 100, False),
        ("a" * 72, True),
        ("字" * 71 + "\n", False),  # characters, not bytes
        ("fixup! " + "a" * 71, False),
    ],
)
def test_a_subject_has_fewer_than_72_characters(tmp_path: Path, message: str, refused: bool) -> None:
    file = tmp_path / "COMMIT_EDITMSG"
    file.write_text(message, "utf-8")
    done = subprocess.run([sys.executable, HOOK, file], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (
        (1, "The subject has 72 characters; fewer than 72 are allowed.\n") if refused else (0, "")
    )


def test_pre_commit_installs_the_hook() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    hooks = {hook["id"]: hook for repo in config["repos"] for hook in repo["hooks"]}
    assert (hooks["subject"]["entry"], hooks["subject"]["stages"]) == (".ci/subject", ["commit-msg"])
    assert config["default_install_hook_types"] == ["pre-commit", "commit-msg"]
    assert config["default_stages"] == ["pre-commit"], "ruff and mypy do not look at messages"
