"""The README says what the code says. `python -m tests.contract.test_readme` writes its settings table anew."""

import ast
import importlib
import re
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from models.artifact import RELEASE
from streams.kafka.topics import KINDS
from streams.settings import POLICY, Settings

ROOT = Path(__file__).parents[2]
PATH = ROOT / "README.md"
README = PATH.read_text("utf-8")
_TABLE = re.compile(r"(<!-- settings[^>]*-->\n)(.*)(\n<!-- /settings -->)", re.DOTALL)


def settings_table() -> str:
    """What the README has to hold between its two marks."""
    rows = [
        f"| `{name}` | {_default(name, field)} | {_allowed(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| name | default | allowed | what |", "| --- | --- | --- | --- |", *rows])


def _default(name: str, field: FieldInfo) -> str:
    """Empty for what depends on the machine or on where the package lies; the description tells it."""
    if field.default is None or name == "data_dir" or field.default in (RELEASE, POLICY):
        return ""
    return f"`{','.join(field.default) if isinstance(field.default, list) else field.default}`"


def _allowed(field: FieldInfo) -> str:
    choices = re.search(r"Literal\[(.*?)\]", str(field.annotation))
    if choices:
        return ", ".join(f"`{ast.literal_eval(choice)}`" for choice in choices[1].split(", "))
    bounds = {sign: getattr(limit, name) for limit in field.metadata for name, sign in _SIGNS if hasattr(limit, name)}
    return ", ".join(f"{sign} {bound:,}" for sign, bound in bounds.items())


_SIGNS = (("gt", "above"), ("ge", "from"), ("le", "up to"))


def test_the_settings_table_lists_every_setting_with_its_default_and_meaning() -> None:
    found = _TABLE.search(README)
    assert found is not None
    assert found[2] == settings_table(), "run: python -m tests.contract.test_readme"


def test_the_topics_table_lists_every_topic() -> None:
    assert set(re.findall(r"^\| `moderation\.([a-z-]+)` \|", README, re.MULTILINE)) == set(KINDS)


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
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


def test_links_lead_to_files_that_exist() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link


def test_has_the_warning_on_triage() -> None:
    assert "never a diagnosis" in README


if __name__ == "__main__":
    PATH.write_text(_TABLE.sub(lambda found: f"{found[1]}{settings_table()}{found[3]}", README), "utf-8")
