"""Every package that pyproject.toml asks for is pinned in constraints.txt, at a version that it allows."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_every_requirement_is_pinned_at_a_version_that_it_allows() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    versions = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}
    extras = PROJECT["optional-dependencies"].values()
    wanted = [Requirement(text) for texts in (PROJECT["dependencies"], *extras) for text in texts]
    assert len(wanted) > 50
    for one in wanted:
        if one.name != PROJECT["name"]:
            assert one.specifier.contains(versions.get(canonicalize_name(one.name), "0")), one
