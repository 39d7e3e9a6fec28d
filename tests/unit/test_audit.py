"""What `make audit` says, and that it never calls unknown what is known, or fine what is unknown."""

from __future__ import annotations

import pytest

from tests.support.audit import verdict

CLEAN = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
SKIPPED = {"name": "c", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("packages", "code", "sentence"),
    [
        ([CLEAN], 0, "1 packages, no known vulnerability."),
        ([CLEAN, BAD], 1, "b 2: CVE-1, fixed in 3"),
        ([CLEAN, SKIPPED], 3, "Not audited: of 1 of 2 packages nothing could be learned"),
        ([BAD, SKIPPED], 1, "Not audited"),
        ([], 3, ""),
    ],
)
def test_what_could_not_be_asked_is_not_fine(packages: list[dict[str, object]], code: int, sentence: str) -> None:
    told, number = verdict({"dependencies": packages})
    assert number == code
    assert sentence in told
