"""Known vulnerabilities of the pinned packages: `make audit`. Says so where nobody could be asked.

pip-audit counts a package that it could not ask about as one without a vulnerability.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

COMMAND = ["--requirement", "constraints.txt", "--no-deps", "--disable-pip", "--progress-spinner", "off"]
UNKNOWN = 3


def main() -> int:
    """0: none known; 1: some are; 3: it is not known."""
    command = [sys.argv[1], *COMMAND, "--format", "json", "--timeout", "10"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        found = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        sys.stdout.write("Not audited: pip-audit could not ask for known vulnerabilities; is there a network?\n")
        return UNKNOWN
    sentence, code = verdict(found)
    sys.stdout.write(sentence)
    return code


def verdict(found: Mapping[str, Any]) -> tuple[str, int]:
    """What to print, and the exit code."""
    packages = found["dependencies"]
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    lines = [
        f"{one['name']} {one['version']}: {bug['id']}, fixed in {', '.join(bug['fix_versions']) or 'no version yet'}\n"
        for one in packages
        for bug in one.get("vulns", ())
    ]
    if skipped:
        lines.append(f"Not audited: of {len(skipped)} of {len(packages)} packages nothing could be learned; ")
        lines.append("is there a network, and does the index answer for vulnerabilities?\n")
    if not lines:
        lines.append(f"{len(packages)} packages, no known vulnerability.\n")
    is_known = any(one.get("vulns") for one in packages)
    return "".join(lines), 1 if is_known else UNKNOWN if skipped or not packages else 0


if __name__ == "__main__":
    sys.exit(main())
