"""The README, and the program of docs/consuming.md, say what the code says."""

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
LONGEST_BYTES = 10_000


CODES = re.findall(r"```python\n(.*?)```", README + (ROOT / "docs" / "consuming.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("code", CODES)
def test_the_python_example_uses_names_that_exist(code: str) -> None:
    tree = ast.parse(code)
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert imported
    for node in imported:
        assert node.module is not None
        module = importlib.import_module(node.module)
        for alias in node.names:
            thing = getattr(module, alias.name)
            for call in re.findall(rf"\b{alias.name.lower()}\.(\w+)\(", code):
                assert hasattr(thing, call), call


def test_has_the_warning_on_triage() -> None:
    assert "never a diagnosis" in README


def test_is_short_enough_to_be_read() -> None:
    assert len(README.encode()) <= LONGEST_BYTES, "the rest belongs in docs/"
