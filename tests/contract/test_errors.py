"""One tree of errors, drawn once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import models.errors

ROOT = Path(__file__).parents[2]
DRAWN = re.compile(r"^(?P<indent>[│ ]*)(?:[├└]── )?(?P<name>[A-Z]\w+)(?P<rest>.*)$", re.MULTILINE)
OUTSIDE = {"InvalidRecord", "Refusal", "Killed"}  # the answers to a record and to a request, and an injected end


def _written() -> Iterator[tuple[str, str, int | None]]:
    """(name, base, exit code of its own) of every exception class of the project."""
    for layer in ("schemas", "models", "streams", "load"):
        for path in sorted((ROOT / layer).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef) and node.bases and isinstance(node.bases[0], ast.Name):
                    yield node.name, node.bases[0].id, _exit_code(node)


def _exit_code(node: ast.ClassDef) -> int | None:
    for line in node.body:
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "exit_code":
            value = ast.literal_eval(line.value)
            assert isinstance(value, int)
            return value
    return None


def _tree() -> Mapping[str, tuple[str, int | None]]:
    """{name: (parent, exit code)} as the drawing has it."""
    drawing = (models.errors.__doc__ or "").partition("TidegateError\n")[2]
    tree: dict[str, tuple[str, int | None]] = {}
    parents = ["TidegateError"]
    for match in DRAWN.finditer(drawing.partition("\n\n")[0]):
        depth = len(match["indent"]) // 4 + 1
        code = re.search(r"\((\d)\)$", match["rest"])
        tree[match["name"]] = (parents[depth - 1], int(code[1]) if code else None)
        parents[depth:] = [match["name"]]
    return tree


def test_the_drawing_shows_every_error_its_parent_and_its_exit_code() -> None:
    bases = {name: (base, code) for name, base, code in _written()}
    errors = {
        name: (base, code)
        for name, (base, code) in bases.items()
        if name not in OUTSIDE and (base.endswith(("Error", "Exception")) or (base in bases and name.endswith("Error")))
    }
    errors.pop("TidegateError")
    assert len(errors) > 20
    assert errors == dict(_tree())
