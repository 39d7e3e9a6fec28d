"""Clients of others: when they are installed, when that is tried again, and what they are told of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.clients import installed

ROOT = Path(__file__).parents[2]


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)


@pytest.mark.parametrize(("version", "is_new_enough"), [("v18.20.4", False), ("v20.0.0", True), ("v22.11.0", True)])
def test_an_old_node_installs_nothing_and_says_so(
    version: str,
    is_new_enough: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    program(tmp_path / "bin" / "node", f"echo {version}")
    program(tmp_path / "bin" / "npm", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    monkeypatch.setattr(installed, "_FOLDERS", {".py": tmp_path / "venv", ".mjs": tmp_path / "node"})
    monkeypatch.setattr(installed, "_install_for_python", lambda folder: folder.mkdir())
    assert installed.install() == is_new_enough
    assert installed.is_installed(Path("openai_moderations.mjs")) == is_new_enough
    assert ("Node 20 or newer" in capsys.readouterr().err) == (not is_new_enough)


def test_clients_are_told_of_no_proxy_and_no_tracing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANGSMITH_API_KEY", "LANGCHAIN_TRACING_V2", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "PYTHONPATH"):
        monkeypatch.setenv(name, "http://somewhere.example")
    monkeypatch.setenv("no_proxy", "others.example")
    given = installed._environment()
    assert "http://somewhere.example" not in given.values()
    assert (given["NO_PROXY"], given["no_proxy"]) == ("127.0.0.1,localhost",) * 2
    assert given["PATH"] == os.environ["PATH"]


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize(
    ("installs", "tries"),
    [("exit 1", 2), ("mkdir -p .clients/venv; touch .clients/venv/ready; exit 1", 1)],
    ids=["nothing", "some"],
)
def test_a_try_that_installed_nothing_is_repeated(installs: str, tries: int, tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    clients = Path("tests", "support", "clients")
    shutil.copytree(ROOT / clients, tmp_path / clients)
    program(tmp_path / ".venv" / "bin" / "python", f"echo tried >> tries\n{installs}")
    environment = {"PATH": os.environ["PATH"]}  # without the flags of a make that runs this test
    for _ in range(2):
        subprocess.run(["make", ".clients/tried"], cwd=tmp_path, env=environment, check=True, timeout=60)
    assert (tmp_path / "tries").read_text("utf-8").count("tried") == tries
