"""Clients of others that are too large for the tests' own environment, and at odds with its pins.

Each script beside this module is one of them: it gets a server's address and a key, and ends with 0 if all was as it
should be. They are installed into `.clients/`, from the ordinary registries: some 440 MB for Python, 300 MB for Node.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
SCRIPTS: Final = sorted([*HERE.glob("[!_]*_*.py"), *HERE.glob("*.mjs")])
_INSTALLED: Final = HERE.parents[2] / ".clients"
_FOLDERS: Final = {".py": _INSTALLED / "venv", ".mjs": _INSTALLED / "node"}
_READY: Final = "ready"
"""A file in a folder whose installation came to its end."""
_INSTALL_WITHIN_S: Final = 600
_RUN_WITHIN_S: Final = 240
_ANSWER_WITHIN_S: Final = 60
_NODE: Final = 20
"""Its oldest release that the packages run on."""
# Nothing here is to leave this machine: LiteLLM would fetch a list of prices, LangChain tell LangSmith of each call, a
# proxy be asked for the server under test.
_ENVIRONMENT: Final = {"LITELLM_LOCAL_MODEL_COST_MAP": "True"} | dict.fromkeys(
    ("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"
)
_LEFT_OUT: Final = re.compile("PYTHONPATH|(LANGSMITH|LANGCHAIN)_.*|.*_PROXY", re.IGNORECASE)


def install() -> bool:
    """False where something could not be installed: it was said what, and its tests are skipped."""
    return all([_tried(".py", _install_for_python), _tried(".mjs", _install_for_node)])


def _tried(suffix: str, installs: Callable[[Path], None]) -> bool:
    folder = _FOLDERS[suffix]
    ready = folder / _READY
    ready.unlink(missing_ok=True)
    try:
        installs(folder)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"The clients of {folder.name} are not installed, and their tests are skipped: {error}\n")
        return False
    ready.touch()
    return True


def _install_for_python(folder: Path) -> None:
    if not _python(folder).exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=_INSTALL_WITHIN_S)
    pip = [str(_python(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1"]
    subprocess.run([*pip, "--requirement", str(HERE / "requirements.txt")], check=True, timeout=_INSTALL_WITHIN_S)


def _install_for_node(folder: Path) -> None:
    """Raises ValueError: Node is too old."""
    version = subprocess.run(
        ["node", "--version"], check=True, capture_output=True, text=True, timeout=_ANSWER_WITHIN_S
    )
    if int(version.stdout.strip().removeprefix("v").partition(".")[0]) < _NODE:
        raise ValueError(f"they need Node {_NODE} or newer, and this is {version.stdout.strip()}")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "package.json", folder)
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=60000"]
    subprocess.run(npm, cwd=folder, check=True, timeout=_INSTALL_WITHIN_S)


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def is_installed(script: Path) -> bool:
    return (_FOLDERS[script.suffix] / _READY).exists()


def run(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Raises TimeoutExpired."""
    folder = _FOLDERS[script.suffix]
    if script.suffix == ".py":
        command = [str(_python(folder)), str(script)]
    else:  # it has to lie beside what it imports
        command = ["node", str(shutil.copy(script, folder))]
    return subprocess.run(
        [*command, *arguments], env=_environment(), capture_output=True, text=True, timeout=_RUN_WITHIN_S
    )


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not _LEFT_OUT.fullmatch(name)} | _ENVIRONMENT
