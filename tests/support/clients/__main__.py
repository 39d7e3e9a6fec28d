"""Runs clients that are too large for the tests' own environment against a server: `make clients`.

Each script beside this one gets the server's address and a key, and ends with 0 if all was as it should be. They are
installed into `.clients/` once, from the ordinary registries: some 440 MB for Python and 300 MB for Node.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from streams.gateway.keys import Keys, add_key
from tests.support.gateway import running, settings_for
from tests.support.tiny_artifact import write_tiny_artifact

HERE = Path(__file__).parent
INSTALLED = HERE.parents[2] / ".clients"
PYTHON = INSTALLED / "venv" / "bin" / "python"
SCRIPTS = sorted([*HERE.glob("[!_]*.py"), *HERE.glob("*.mjs")])
LONGEST_S = 120
# LiteLLM would fetch a list of prices; nothing here is to leave this machine.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True"
}


def install() -> None:
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", str(INSTALLED / "venv")], check=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--requirement", str(HERE / "requirements.txt")], check=True)
    node = INSTALLED / "node"
    node.mkdir(parents=True, exist_ok=True)
    for script in (HERE / "package.json", *HERE.glob("*.mjs")):
        (node / script.name).write_bytes(script.read_bytes())
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=node, check=True)


def command(script: Path) -> list[str]:
    if script.suffix == ".py":
        return [str(PYTHON), str(script)]
    return ["node", str(INSTALLED / "node" / script.name)]  # beside its node_modules


def passes(script: Path, arguments: Sequence[str]) -> bool:
    done = subprocess.run(
        [*command(script), *arguments], env=ENVIRONMENT, capture_output=True, text=True, timeout=LONGEST_S
    )
    sys.stdout.write(f"{'passed' if done.returncode == 0 else 'FAILED'} {script.name}\n")
    if done.returncode:
        sys.stdout.write(done.stdout + done.stderr)
    return done.returncode == 0


def main() -> int:
    install()
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_tiny_artifact(folder / "artifact")
        key = add_key(folder / "keys.toml", "clients", ["score"], rate=1000, burst=1000)
        with running(settings_for(folder / "artifact"), keys=Keys.load(folder / "keys.toml")) as server:
            failed = [script for script in SCRIPTS if not passes(script, [server.url, key])]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
