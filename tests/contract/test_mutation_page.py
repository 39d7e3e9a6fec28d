"""`docs/mutation.md` speaks of places and tests that exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "mutation.md").read_text("utf-8")
GUARDS, SURVIVORS = PAGE.split("## Mutations")
TESTS = sorted(set(re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE)))


def column(number: int, text: str) -> set[str]:
    """All that is marked as code in a column of a table."""
    rows = [line.split("|") for line in text.splitlines() if line.startswith("|")]
    return {name for row in rows for name in re.findall("`([^`]+)`", row[number])}


def defined(path: Path) -> Iterator[str]:
    """Functions as `function`, methods as `Class.method`."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.ClassDef):
            functions = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
            yield from (f"{node.name}.{one.name}" for one in functions)


PLACES = sorted(column(2, GUARDS) | column(1, SURVIVORS))


@pytest.fixture(scope="module")
def known() -> frozenset[str]:
    folders = (ROOT / "streams", ROOT / "models" / "serving")
    return frozenset(name for folder in folders for path in folder.rglob("*.py") for name in defined(path))


def test_the_page_names_places_and_tests() -> None:
    assert len(PLACES) > 20
    assert len(TESTS) > 10


@pytest.mark.parametrize("place", PLACES)
def test_a_place_exists(place: str, known: frozenset[str]) -> None:
    assert place in known


@pytest.mark.parametrize(("file", "test"), TESTS)
def test_a_test_exists(file: str, test: str) -> None:
    assert any(test in defined(path) for path in (ROOT / "tests").rglob(file))
