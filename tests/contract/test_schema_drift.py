"""The committed schemas are what the models say now: after a change, run `tidegate schema export`."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

import schemas
from schemas.generate import messages, write_all
from streams.tasks import channels

COMMITTED = Path(schemas.__file__).parent


def test_generated_files_equal_the_committed_ones(tmp_path: Path) -> None:
    written = write_all(tmp_path, channels())
    for path in written:
        assert path.read_text("utf-8") == (COMMITTED / path.relative_to(tmp_path)).read_text("utf-8"), path.name
    committed = {*COMMITTED.glob("json/*"), *COMMITTED.glob("*.yaml")}
    assert {path.relative_to(tmp_path) for path in written} == {path.relative_to(COMMITTED) for path in committed}


@pytest.mark.parametrize("name", messages(channels()))
def test_is_a_json_schema(name: str) -> None:
    document = json.loads((COMMITTED / "json" / f"{name}.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    assert document["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$id"]


def test_the_command_writes_them(tmp_path: Path) -> None:
    from streams.cli.app import build_app

    result = CliRunner().invoke(build_app(), ["schema", "export", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "asyncapi.yaml").read_text("utf-8") == (COMMITTED / "asyncapi.yaml").read_text("utf-8")
